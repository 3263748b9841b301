export type BreakerState = 'CLOSED' | 'OPEN' | 'HALF_OPEN';

/** What stands of one breaker, of a deployment (`model:openai:gpt-6-sol`) or a tool (`tool:http.request`). */
export interface BreakerView {
  readonly name: string;
  readonly state: BreakerState;
  /** When an open one lets a probe through, in milliseconds since the epoch. */
  readonly availableAt: number | null;
  /** An operator holds it so. */
  readonly forced: 'OPEN' | 'CLOSED' | null;
  readonly failures: number;
  readonly calls: number;
  readonly reason: string | null;
  readonly since: number;
}

/** How a call went, for its breaker. `neutral`: it says nothing of the deployment's health. */
export type BreakerResult =
  | { readonly kind: 'ok' }
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMs?: number | undefined }
  | { readonly kind: 'neutral' };

/** Leave to make one call. It must be told how that went, once; told again, it counts once. */
export interface BreakerPermit {
  end(result: BreakerResult): void;
  /** A failure after the permit has ended well: a stream that broke off. */
  failedLater(reason: string): void;
}

/** All breakers of this process, in step with those of the other workers. */
export interface BreakerBoard {
  view(name: string): BreakerView;
  all(): readonly BreakerView[];
  /** Null: it is open, or its probes are given out. */
  enter(name: string, now: number): Promise<BreakerPermit | null>;
}
