/** Abort signals by name, each there as long as somebody holds it. */
export interface NamedSignals {
  /** The signal of that name; a new one when the last has been aborted. */
  readonly of: (name: string) => AbortSignal;
  readonly abort: (name: string) => void;
  readonly has: (name: string) => boolean;
  readonly names: () => Iterable<string>;
  /** Forgets those that nobody holds any more. */
  readonly tidy: () => void;
}

export function createNamedSignals(): NamedSignals {
  const controllers = new Map<string, WeakRef<AbortController>>();
  /** A signal does not keep its controller. */
  const held = new WeakMap<AbortSignal, AbortController>();
  return {
    of(name) {
      const known = controllers.get(name)?.deref();
      if (known && !known.signal.aborted) return known.signal;
      const controller = new AbortController();
      controllers.set(name, new WeakRef(controller));
      held.set(controller.signal, controller);
      return controller.signal;
    },
    abort: (name) => controllers.get(name)?.deref()?.abort(),
    has: (name) => controllers.has(name),
    names: () => controllers.keys(),
    tidy() {
      for (const [name, controller] of controllers) if (!controller.deref()) controllers.delete(name);
    },
  };
}

const sources = new WeakMap<AbortSignal, readonly AbortSignal[]>();

/** Aborted when any of these is. It keeps them alive: `AbortSignal.any` alone lets them be collected, and is deaf then. */
export function anySignal(...signals: AbortSignal[]): AbortSignal {
  const any = AbortSignal.any(signals);
  sources.set(any, signals);
  return any;
}
