import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { foreignRequest } from './host-guard.js';

const refusal = (headers: Record<string, string>) =>
  foreignRequest({ headers } as unknown as IncomingMessage)?.code;

describe('foreignRequest', () => {
  it.each(['127.0.0.1:4000', 'localhost:4000', '[::1]:4000', 'nexus.localhost'])(
    'lets host %s pass',
    (host) => {
      expect(refusal({ host })).toBeUndefined();
    },
  );

  it.each(['evil.test', 'localhost.evil.test:4000', '10.0.0.1', '127.0.0.1.evil.test', 'a b', ''])(
    'refuses host "%s"',
    (host) => {
      expect(refusal({ host })).toBe('FORBIDDEN');
    },
  );

  it('refuses a page from elsewhere, and one without an origin of its own', () => {
    const host = '127.0.0.1:4000';
    expect(refusal({ host, origin: 'https://evil.test' })).toBe('FORBIDDEN');
    expect(refusal({ host, origin: 'null' })).toBe('FORBIDDEN');
    expect(refusal({ host, origin: 'http://localhost:5173' })).toBeUndefined();
  });
});
