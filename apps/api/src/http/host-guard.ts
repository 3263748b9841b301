import type { IncomingMessage } from 'node:http';
import { nexusError, type NexusError } from '#contracts';

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);

/** Whether an address can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  return loopbackNames.has(host) || /^127(\.\d{1,3}){3}$/.test(host) || host.endsWith('.localhost');
}

/**
 * Why a request to a loopback address is refused, or null. A web page that had its own name resolve to
 * 127.0.0.1 would otherwise drive this server from its visitor's browser: its name shows in `Host`, and the
 * page's origin in `Origin`.
 */
export function foreignRequest(request: IncomingMessage): NexusError | null {
  const { host, origin } = request.headers;
  if (host !== undefined && !isLoopback(nameOf(`http://${host}`))) return refused('Host', host);
  if (origin !== undefined && !isLoopback(nameOf(origin))) return refused('Origin', origin);
  return null;
}

function nameOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}

function refused(header: string, value: string): NexusError {
  return nexusError('FORBIDDEN', `requests with ${header} "${value.slice(0, 200)}" are refused`, {
    hint: 'this server is bound to a loopback address: call it as http://127.0.0.1 or http://localhost',
  });
}
