import type { Database, Statement } from './database.js';

/** What only one process at a time may do. */
export interface LeaseRepository {
  /** Takes or keeps the lease for that long; false while another holds it. */
  take(name: string, holder: string, forMs: number): Promise<boolean>;
  /** Lets go of the lease, if it is the holder's. */
  release(name: string, holder: string): Promise<void>;
}

// By the database's clock alone.
const takeLease: Statement = {
  name: 'take_lease',
  text: `insert into lease as l (name, holder, until)
values ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
on conflict (name) do update set holder = excluded.holder, until = excluded.until
where l.holder = excluded.holder or l.until < clock_timestamp()
returning name`,
};

export function createLeaseRepository(database: Database): LeaseRepository {
  async function release(name: string, holder: string): Promise<void> {
    await database.kysely.deleteFrom('lease').where('name', '=', name).where('holder', '=', holder).execute();
  }

  return {
    take: async (name, holder, forMs) => (await database.call(takeLease, [name, holder, forMs])).length > 0,
    release,
  };
}
