import type { Deployment } from '../catalogue/deployment.js';
import type { Candidate } from '../decision/route.js';
import type { FailureRule, NextHop } from '../failure/failure-table.js';

/** A hop that failed, and what follows from that for the next one. */
export interface FailedHop {
  readonly deployment: Deployment;
  readonly next: NextHop;
}

/** The first candidate that was not tried and shares nothing with what has failed before; null when there is none. */
export function nextCandidate(
  candidates: readonly Candidate[],
  tried: ReadonlySet<string>,
  failed: readonly FailedHop[],
): Candidate | null {
  // A larger window is tried once: what does not fit there is too long.
  if (failed.filter(({ next }) => next === 'larger-window').length > 1) return null;
  const allowed = ({ deployment }: Candidate): boolean =>
    !tried.has(deployment.id) && failed.every((hop) => mayFollow(deployment, hop));
  return candidates.find(allowed) ?? null;
}

function mayFollow(next: Deployment, { deployment: failed, next: rule }: FailedHop): boolean {
  switch (rule) {
    case 'nowhere':
      return false;
    case 'other-deployment':
      return next.id !== failed.id;
    case 'other-region':
      return regionOf(next) !== regionOf(failed);
    case 'other-account':
      return accountOf(next) !== accountOf(failed);
    case 'other-pool':
      return !next.pools.some(({ id }) => failed.pools.some((pool) => pool.id === id));
    case 'larger-window':
      return next.contextWindow > failed.contextWindow;
  }
}

/** What fails together with it: its provider's region, or all of the provider where it has none. */
function regionOf({ region, domains }: Deployment): string | undefined {
  return region === null ? domains[0] : (domains[1] ?? domains[0]);
}

function accountOf({ domains }: Deployment): string | undefined {
  return domains.at(-1);
}

/** Accounts and deployments that only a person can mend are tried last for a while. */
export interface SetAside {
  readonly add: (deployment: Deployment, what: NonNullable<FailureRule['avoid']>, now: number) => void;
  readonly last: (candidates: readonly Candidate[], now: number) => readonly Candidate[];
}

const asideMs = 60_000;

export function createSetAside(): SetAside {
  const until = new Map<string, number>();
  const isAside = ({ deployment }: Candidate, now: number): boolean =>
    [deployment.id, accountOf(deployment) ?? ''].some((name) => (until.get(name) ?? 0) > now);
  return {
    add(deployment, what, now) {
      const name = what === 'account' ? accountOf(deployment) : deployment.id;
      if (what !== 'pools' && name !== undefined) until.set(name, now + asideMs);
    },
    last: (candidates, now) => [
      ...candidates.filter((each) => !isAside(each, now)),
      ...candidates.filter((each) => isAside(each, now)),
    ],
  };
}
