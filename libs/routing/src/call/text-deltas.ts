/** Whose text it is. */
export interface DeltaSource {
  readonly tenant: string;
  readonly runId: string;
  readonly taskPath: string;
  /** Of an agent, which turn, from 0; null for a task that asks once. */
  readonly turn: number | null;
  /** Rises with every hop and every attempt: the text of a later one takes the place of what came before. */
  readonly attempt: number;
}

/** Takes the text of one hop, piece by piece as it comes. */
export interface DeltaSink {
  readonly text: (delta: string) => void;
  /** Nothing more comes; resolves when all of it has been passed on. */
  readonly end: () => Promise<void>;
}

/** Shows text while it is written. */
export type ShowText = (source: DeltaSource) => DeltaSink;
