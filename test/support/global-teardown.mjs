/** Ends what the set-up started. */
export default async function globalTeardown() {
  const { stopServers } = await import('./start-servers.ts');
  await stopServers();
}
