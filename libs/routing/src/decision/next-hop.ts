import type { Candidate, Dropped, RouteDecision } from './route.js';

/** What a failed call is blamed on: where the next one must differ. */
export type Blame =
  /** One of the deployment's failure domains (`openai`, `openai@eu`, a key) or pools. */
  | { readonly kind: 'domain' | 'pool'; readonly name: string }
  /** Only itself. */
  | { readonly kind: 'deployment' }
  /** The model, behind whatever door: it is gone, or cannot do what is asked. */
  | { readonly kind: 'family' }
  /** The input was too long for it. */
  | { readonly kind: 'context' };

export interface Tried {
  readonly deployment: string;
  readonly blame: Blame;
}

export interface NextHop {
  /** Null: nothing is left to try. */
  readonly candidate: Candidate | null;
  readonly dropped: readonly Dropped[];
}

/** The best candidate that was not tried and shares nothing with what is to blame so far. */
export function nextHop(decision: RouteDecision, tried: readonly Tried[]): NextHop {
  const blamed = tried.map(({ deployment, blame }) => ({
    deployment,
    blame,
    candidate: decision.candidates.find((one) => one.deployment.id === deployment),
  }));
  const dropped: Dropped[] = [];
  for (const candidate of decision.candidates) {
    const why = blamed.map((one) => sharedFault(candidate, one)).find((detail) => detail !== null);
    if (why === undefined) return { candidate, dropped };
    dropped.push({ deployment: candidate.deployment.id, reason: 'tried', detail: why });
  }
  return { candidate: null, dropped };
}

function sharedFault(
  { deployment }: Candidate,
  failed: { readonly deployment: string; readonly blame: Blame; readonly candidate: Candidate | undefined },
): string | null {
  if (deployment.id === failed.deployment) return 'tried in this call';
  const { blame } = failed;
  const other = failed.candidate?.deployment;
  switch (blame.kind) {
    case 'domain':
      return deployment.domains.includes(blame.name) ? `fails together with ${blame.name}` : null;
    case 'pool':
      return deployment.pools.some((pool) => pool.id === blame.name) ? `draws on ${blame.name}` : null;
    case 'family':
      return other !== undefined && other.family === deployment.family
        ? `the same model, ${other.family}`
        : null;
    case 'context':
      return other !== undefined && deployment.contextWindow <= other.contextWindow
        ? `no larger than ${other.id}`
        : null;
    case 'deployment':
      return null;
  }
}
