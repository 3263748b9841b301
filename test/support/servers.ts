/** What the run's set-up offers to every test, handed over in the environment of the test processes. */
export interface TestServers {
  readonly temporalAddress: string;
  /** Path of the workflow bundle; undefined while there are no workflows. */
  readonly workflowBundle: string | undefined;
  /** A superuser's URL of a real PostgreSQL with pgvector, or why there is none. */
  readonly postgres: { readonly url: string } | { readonly missing: string };
}

export const serversVariable = 'TEST_SERVERS';

/** The servers of this run. */
export function testServers(): TestServers {
  const handedOver = process.env[serversVariable];
  if (handedOver === undefined) {
    throw new Error('no test servers: this test belongs below test/, where Jest starts them');
  }
  return JSON.parse(handedOver) as TestServers;
}
