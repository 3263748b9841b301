import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { readConfig } from '#config';
import type { NexusConfig } from '#config';
import { demoConfig } from './demo-config.js';

function configWith(ports: Record<string, string>): NexusConfig {
  const result = readConfig(ports, '/');
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return { ...result.config, workspaces: ['/work/app'] };
}

describe('the configuration of the demo', () => {
  it('takes the repository in among the workspaces, unless it lies inside one', async () => {
    const config = configWith({});
    expect((await demoConfig(config, {}, '/work/app/libs')).workspaces).toEqual(['/work/app']);
    expect((await demoConfig(config, {}, '/work/app')).workspaces).toEqual(['/work/app']);
    expect((await demoConfig(config, {}, '/work/apples')).workspaces).toEqual(['/work/app', '/work/apples']);
  });

  it('gives a usual port up when it is taken, and keeps one that was asked for', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const port = String((server.address() as AddressInfo).port);
    const config = configWith({ NEXUS_PORT: port });
    expect((await demoConfig(config, {}, '/work/app')).api.port).toBe(0);
    expect((await demoConfig(config, { NEXUS_PORT: port }, '/work/app')).api.port).toBe(Number(port));
    server.close();
  });
});
