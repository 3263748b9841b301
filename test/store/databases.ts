import type { StoreOptions } from '#store';
import { createDatabase } from '../support/postgres.js';

/** A database of a suite's own. */
export interface Provided {
  readonly options: StoreOptions;
  release(): Promise<void>;
}

export async function providePostgres(): Promise<Provided> {
  const { url, drop } = await createDatabase('store');
  return { options: { url }, release: drop };
}

function provideEmbedded(): Promise<Provided> {
  return Promise.resolve({ options: {}, release: () => Promise.resolve() });
}

/** What every test of the store's behaviour runs on. */
export const databases = [
  { name: 'PGlite', provide: provideEmbedded },
  { name: 'PostgreSQL', provide: providePostgres },
];
