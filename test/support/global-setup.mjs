import './source-loader.mjs';

/** Starts what the system tests share, once for the whole run. */
export default async function globalSetup() {
  const { startServers } = await import('./start-servers.ts');
  await startServers();
}
