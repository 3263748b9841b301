import type { Hop } from './request-input.js';
import { checkedUrl } from './request-input.js';

/** Redirects that are followed before giving up. */
export const maxRedirects = 5;

const redirects = new Set([301, 302, 303, 307, 308]);
const ofBody = new Set(['content-type', 'content-encoding', 'content-language', 'content-length']);
/** What is meant for one server and must not reach another. */
const secrets = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** The request that a reply asks for, by the rules of fetch; nothing when it is no redirect. */
export function nextHop(hop: Hop, status: number, location: string | undefined): Hop | undefined {
  if (!redirects.has(status) || location === undefined) return undefined;
  const url = checkedUrl(location, hop.url);
  const toGet =
    ((status === 301 || status === 302) && hop.method === 'POST') ||
    (status === 303 && hop.method !== 'GET' && hop.method !== 'HEAD');
  const headers = Object.entries(hop.headers).filter(
    ([name]) =>
      !(toGet && (ofBody.has(name) || name === 'idempotency-key')) &&
      !(url.origin !== hop.url.origin && (secrets.has(name) || name === 'host')),
  );
  return {
    method: toGet ? 'GET' : hop.method,
    url,
    headers: Object.fromEntries(headers),
    body: toGet ? undefined : hop.body,
  };
}
