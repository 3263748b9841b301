/** The `host:port` pairs that may be reached whatever their address. */
export type AllowList = (host: string, port: number) => boolean;

/** Reads entries such as `localhost:8080` and `[::1]:8080`. They name a host as URLs do, not its addresses. */
export function createAllowList(entries: readonly string[]): AllowList {
  const allowed = new Set(entries.map((entry) => entry.trim().toLowerCase()));
  return (host, port) => allowed.has(`${host.toLowerCase()}:${port}`);
}
