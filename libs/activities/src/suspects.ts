/** From so many deaths of workers on, a step is suspected of killing them. */
const suspectFrom = 2;

/**
 * Lets one suspected step at a time run in this process. When the process dies it is known which one ran, and those
 * that only ran beside it are not blamed for long.
 */
export interface Suspects {
  /** Whether the step may begin now; if not, `wake` is called when it is worth asking again. */
  readonly admit: (deaths: number, wake: () => void) => Admission | null;
}

export interface Admission {
  /** Lets the next one in; more than once does nothing. */
  readonly leave: () => void;
}

export function createSuspects(): Suspects {
  let inside = false;
  let waiting: (() => void)[] = [];
  return {
    admit(deaths, wake) {
      if (deaths < suspectFrom) return { leave: () => undefined };
      if (inside) {
        waiting.push(wake);
        return null;
      }
      inside = true;
      let left = false;
      return {
        leave() {
          if (left) return;
          left = true;
          inside = false;
          const woken = waiting;
          waiting = [];
          for (const each of woken) each();
        },
      };
    },
  };
}
