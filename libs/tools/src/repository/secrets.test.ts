import { describe, expect, it } from '@jest/globals';
import { secretsIn } from './secrets.js';

describe('secretsIn', () => {
  // Put together here, so that no scanner takes this file for a leak.
  const key = ['-----BEGIN', 'RSA PRIVATE', 'KEY-----'].join(' ');

  it('tells where a secret stands, never what it is', () => {
    const token = `ghp_${'a1B2'.repeat(10)}`;
    const found = secretsIn('src/a.ts', `one\nconst token = '${token}';\n`);
    expect(found).toEqual([{ path: 'src/a.ts', line: 2, what: 'a GitHub token' }]);
    expect(JSON.stringify(found)).not.toContain('a1B2');
    expect(secretsIn('a.txt', key)).toMatchObject([{ line: 1, what: 'a private key' }]);
    expect(secretsIn('a.txt', `AKIA${'ABCDEFGH'.repeat(2)}`)).toMatchObject([{ what: 'an AWS access key' }]);
  });

  it.each([
    ['.env', 'A=1', true],
    ['app/.env.production', 'A=1', true],
    ['.env.example', 'A=1', false],
    ['certs/server.pem', '-----BEGIN CERTIFICATE-----', false],
    ['certs/server.pem', undefined, true],
    ['src/environment.ts', 'A=1', false],
    ['sketch.ts', 'const sk = "sk-short"', false],
  ])('%s: %j is suspected: %s', (path, text, suspected) => {
    expect(secretsIn(path, text).length > 0).toBe(suspected);
  });
});
