import pg from 'pg';
import type { Inspect } from './measured-crash.js';

/** The steps whose success stands in the journal of Nexus; the names are its runs' IDs, in the order of submission. */
export function journalledSteps(databaseUrl: string): Inspect {
  return async (names, prefix) => {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    try {
      const { rows } = await client.query(
        `select run_id as "runId", entry ->> 'path' as path
         from journal, lateral json_array_elements(entries) as entry
         where run_id = any($1) and entry ->> 'type' = 'succeeded'`,
        [names],
      );
      const nth = new Map(names.map((name, index) => [name, index]));
      // A step's path is `s` and its number.
      return new Set(
        (rows as { runId: string; path: string }[]).map(
          ({ runId, path }) => `${prefix}-${nth.get(runId)}/${path.slice(1)}`,
        ),
      );
    } finally {
      await client.end();
    }
  };
}
