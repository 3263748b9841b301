import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { readConfig } from '#config';
import type { NexusConfig } from '#config';
import { demoConfig } from './demo-config.js';

function configWith(ports: Record<string, string>): NexusConfig {
  const result = readConfig(ports, '/');
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return { ...result.config, workspaces: ['/srv/app'] };
}

describe('the configuration of the demo', () => {
  it('takes the repository in among the workspaces, unless it lies inside one', async () => {
    const config = configWith({});
    expect((await demoConfig(config, {}, '/srv/app/libs')).workspaces).toEqual(['/srv/app']);
    expect((await demoConfig(config, {}, '/srv/app')).workspaces).toEqual(['/srv/app']);
    expect((await demoConfig(config, {}, '/srv/apples')).workspaces).toEqual(['/srv/app', '/srv/apples']);
  });

  it('gives a usual port up when it is taken, and keeps one that was asked for', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const port = String((server.address() as AddressInfo).port);
    const config = configWith({ NEXUS_PORT: port });
    expect((await demoConfig(config, {}, '/srv/app')).api.port).toBe(0);
    expect((await demoConfig(config, { NEXUS_PORT: port }, '/srv/app')).api.port).toBe(Number(port));
    server.close();
  });
});
