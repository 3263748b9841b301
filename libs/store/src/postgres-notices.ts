import pg from 'pg';

const channel = 'nexus_run';

/** One connection that listens to the channel and speaks on it. */
export interface Notices {
  tell(payloads: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface NoticeListener {
  /** `own`: this connection said it itself. */
  hear(payload: string, own: boolean): void;
  /** The connection is of no more use; not called after `close`. */
  lost(why: string): void;
}

export async function connectNotices(url: string, listener: NoticeListener): Promise<Notices> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'nexus changes',
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    query_timeout: 10_000,
  });
  let open = false;
  const lost = (why: string): void => {
    if (!open) return;
    open = false;
    listener.lost(why);
    // Its end has been told of already, and a broken one has no better.
    void client.end().catch(() => undefined);
  };
  client.on('error', (error) => lost(error.message));
  client.on('end', () => lost('it was closed'));
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const pid = rows[0]?.pid;
    client.on('notification', ({ payload, processId }) => listener.hear(payload ?? '', processId === pid));
    await client.query(`listen ${channel}`);
  } catch (error) {
    await client.end();
    throw error;
  }
  open = true;

  async function tell(payloads: readonly string[]): Promise<void> {
    try {
      // Nothing of it needs the disk.
      await client.query({
        name: 'tell',
        text: `select set_config('synchronous_commit', 'off', true), count(pg_notify('${channel}', payload))
          from unnest($1::text[]) as payload`,
        values: [payloads],
      });
    } catch (error) {
      lost(String(error));
      throw error;
    }
  }

  async function close(): Promise<void> {
    open = false;
    await client.end();
  }

  return { tell, close };
}
