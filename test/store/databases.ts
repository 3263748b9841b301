import { randomBytes } from 'node:crypto';
import type { StoreOptions } from '#store';

/** A database of its own for a suite. */
export interface Provided {
  readonly options: StoreOptions;
  release(): Promise<void>;
}

export const databases = [
  {
    name: 'PGlite',
    provide: (): Promise<Provided> => Promise.resolve({ options: {}, release: () => Promise.resolve() }),
  },
];
