import { nexusError } from '#contracts';
import type { Environment } from './cli-context.js';

const defaultPort = 4000;

/** Where the API is: `NEXUS_URL`, else the local one at `NEXUS_PORT`. */
export function apiAddress(env: Environment): string {
  if (env['NEXUS_URL']) return checkedUrl(env['NEXUS_URL']);
  const port = env['NEXUS_PORT'] ? Number(env['NEXUS_PORT']) : defaultPort;
  if (Number.isInteger(port) && port > 0 && port <= 65_535) return `http://127.0.0.1:${port}`;
  throw nexusError('BAD_USER_INPUT', `NEXUS_PORT: "${env['NEXUS_PORT']}" is not a port`, {
    hint: 'give a number from 1 to 65535, or the whole address in NEXUS_URL',
  });
}

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return text;
  throw nexusError('BAD_USER_INPUT', `NEXUS_URL: "${text}" is not an http or https address`, {
    hint: 'such as NEXUS_URL=http://127.0.0.1:4000',
  });
}
