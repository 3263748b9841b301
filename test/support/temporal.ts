import { randomUUID } from 'node:crypto';
import { testServers } from './servers.js';

/** Address of the real Temporal server that all tests of this run share. */
export function temporalAddress(): string {
  return testServers().temporalAddress;
}

/** The bundle for `Worker.create({ workflowBundle })`. */
export function workflowBundle(): { codePath: string } {
  const codePath = testServers().workflowBundle;
  if (codePath === undefined) throw new Error('there are no workflows to bundle yet');
  return { codePath };
}

/** A task queue that no other test uses: tests on one server must not take each other's work. */
export function uniqueTaskQueue(name = 'test'): string {
  return `${name}-${randomUUID()}`;
}
