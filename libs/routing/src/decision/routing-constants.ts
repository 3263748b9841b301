/** What the score and the choice are tuned by. The benchmark `routing` says how well. */
export interface RoutingConstants {
  /** The price of the last fifth of a pool, as a share of the cost of the call. */
  readonly headroomPrice: number;
  readonly headroomFrom: number;
  /** A second beyond the soft deadline is worth so many of those before it. */
  readonly latePrice: number;
  /** The soft deadline is that share of what is left. */
  readonly softDeadline: number;
  /** What a failure costs where nothing else could take the call, in costs of the best candidate. */
  readonly failurePrice: number;
  /** A half-open deployment fails at least that often, until it has shown otherwise. */
  readonly halfOpenErrorRate: number;
  /** Candidates within that share of the best one's score are nearly as good: they share the traffic. */
  readonly temperature: number;
  /** By how much another one must be better before a conversation leaves the one that knows it. */
  readonly switchMargin: number;
  /** Whether a warm cache counts at all. */
  readonly sticks: boolean;
  /** At most that share of calls goes to a candidate to learn about it, and at most that share of the cost is spent on it. */
  readonly exploredCalls: number;
  readonly exploredCost: number;
  /** Candidates that are dearer than that many times the best are not worth learning about. */
  readonly exploredWithin: number;
  /** A deployment that has not been called for so long is learnt about sooner. */
  readonly staleMs: number;
  /** The share of calls that go to a half-open deployment that would otherwise not be asked. */
  readonly probedCalls: number;
  /** With a warm prefix longer than that, nothing is tried out. */
  readonly warmTokens: number;
}

export const routingConstants: RoutingConstants = {
  headroomPrice: 0.5,
  headroomFrom: 0.8,
  latePrice: 2,
  softDeadline: 0.7,
  failurePrice: 10,
  halfOpenErrorRate: 0.3,
  temperature: 0.05,
  switchMargin: 0.05,
  sticks: true,
  exploredCalls: 0.01,
  exploredCost: 0.0025,
  exploredWithin: 3,
  staleMs: 600_000,
  probedCalls: 0.1,
  warmTokens: 4_000,
};
