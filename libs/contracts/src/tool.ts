import type { JsonSchema, JsonValue } from './json.js';

/**
 * What a tool does to the world, as its author declares it.
 * - `none`: it changes nothing; may be repeated and cached.
 * - `keyed`: it takes the idempotency key, so that a repeat has no second effect.
 * - `reversible`: as keyed, and it says how to undo what it did.
 * - `irreversible`: as keyed, and nothing can undo it.
 * - `unkeyed`: it takes no key, so it is run at most once; a lost answer is UNCERTAIN.
 */
export const toolEffects = ['none', 'keyed', 'reversible', 'irreversible', 'unkeyed'] as const;
export type ToolEffect = (typeof toolEffects)[number];

/** A file or text that a task leaves behind for people. */
export interface ArtefactDraft {
  readonly name: string;
  readonly mediaType: string;
  readonly content: Uint8Array | string;
}

export interface ToolContext {
  readonly tenant: string;
  readonly runId: string;
  readonly taskPath: string;
  readonly attempt: number;
  /** The same for all automatic attempts of this task. */
  readonly idempotencyKey: string;
  /** Aborted on time-out, cancel and kill; a tool stops its work then, at once. */
  readonly signal: AbortSignal;
  /** Streams what a person would like to see while it runs. */
  readonly output: (stream: 'stdout' | 'stderr', text: string) => void;
  readonly progress: (done: number, total: number) => void;
  /** Keeps an artefact with the run; gives its ID. */
  readonly artefact: (draft: ArtefactDraft) => Promise<string>;
}

/** Everything about a tool that planning and the API may know. */
export interface ToolFacts {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
  readonly effect: ToolEffect;
  /** What one call is expected to take; up to 500 ms counts as short. */
  readonly expectedMs: number;
  /** The tool undoes itself; set by the registry from what the tool has. */
  readonly undoes?: boolean | undefined;
}

/** Of a tool that calls a service: when that keeps failing, calls wait until it may be well again. */
export interface ToolBreaker {
  /** Of a tool without effects: another one without, which takes the same input and is called meanwhile. */
  readonly alternative?: string | undefined;
}

/**
 * A tool: facts and what it does. Throws `nexusError(code, …)`; anything else thrown is TOOL_FAILED, and leaves open
 * what an `unkeyed` tool has done: its task is UNCERTAIN, as after a time-out.
 */
export interface Tool extends ToolFacts {
  readonly run: (input: JsonValue, context: ToolContext) => Promise<JsonValue>;
  /** Of a `reversible` tool: how what it did is undone. */
  readonly undo?: Undo | undefined;
  /** Left out: each call is made, however the last ones went. */
  readonly breaker?: ToolBreaker | undefined;
}

/** How a tool undoes what it did. It is told the same key for all attempts, and may be called when nothing happened. */
export interface Undo {
  /** Before the effect: keeps what undoing will need. Throws when the call could not be made anyway. */
  readonly prepare: (input: JsonValue, context: ToolContext) => Promise<JsonValue>;
  /** Brings back what was; done twice it does no more than once. Refuses where somebody has changed it since. */
  readonly run: (kept: JsonValue, context: ToolContext) => Promise<JsonValue>;
}
