/** Something this server cannot work without. `check` throws, or never answers, when it is not there. */
export interface Dependency {
  readonly name: string;
  readonly check: () => Promise<void>;
}

export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, string>>;
}

/** Whether requests should be sent here. */
export interface Readiness {
  readonly report: () => Promise<ReadinessReport>;
  /** From now on: no. */
  readonly drain: () => void;
}

const patienceMs = 2_000;

/** Asks every dependency, each for two seconds at most. */
export function createReadiness(dependencies: readonly Dependency[]): Readiness {
  let draining = false;
  return {
    drain: () => {
      draining = true;
    },
    report: async () => {
      const answers = await Promise.all(
        dependencies.map(async ({ name, check }) => [name, await answer(check)] as const),
      );
      const checks = Object.fromEntries(draining ? [...answers, ['server', 'draining']] : answers);
      return { ready: Object.values(checks).every((state) => state === 'ok'), checks };
    },
  };
}

async function answer(check: () => Promise<void>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer in ${patienceMs} ms`), patienceMs);
  });
  const asked = check().then(
    () => 'ok',
    (error: unknown) => `fails: ${error instanceof Error ? error.message : String(error)}`,
  );
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}
