import { lookup as systemLookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { nexusError } from '#contracts';
import { Agent, buildConnector } from 'undici';
import { isPublicAddress, literalAddress } from './address.js';
import type { AllowList } from './allow-list.js';

/** Finds all addresses of a name; a parameter, so that tests can play a hostile name server. */
export type Resolve = (
  host: string,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

const systemResolve: Resolve = (host, done) => systemLookup(host, { all: true }, done);

/**
 * An agent that connects to public addresses only. The check is made on the addresses that are then
 * dialled, at the moment of dialling, so that no answer of a name server can get around it.
 */
export function createGuardedAgent(allowed: AllowList, resolve: Resolve = systemResolve): Agent {
  const open = buildConnector({ timeout: 10_000 });
  const guarded = buildConnector({ timeout: 10_000, lookup: guardedLookup(resolve) });
  return new Agent({
    connect: (options, done) => {
      const port = Number(options.port || (options.protocol === 'https:' ? 443 : 80));
      if (allowed(options.hostname, port) || allowed(`[${options.hostname}]`, port))
        return open(options, done);
      const address = literalAddress(options.hostname);
      if (address === undefined) return guarded(options, done);
      // A literal address is dialled without a look-up.
      if (!isPublicAddress(address)) return done(forbiddenAddress(options.hostname, [address]), null);
      return open(options, done);
    },
  });
}

function guardedLookup(resolve: Resolve): LookupFunction {
  return (host, options, done) => {
    resolve(host, (error, found) => {
      if (error) return done(error, '', 0);
      const refused = found.filter(({ address }) => !isPublicAddress(address));
      const first = found[0];
      if (refused.length > 0 || first === undefined) {
        return done(
          forbiddenAddress(
            host,
            refused.map(({ address }) => address),
          ),
          '',
          0,
        );
      }
      return options.all ? done(null, found) : done(null, first.address, first.family);
    });
  };
}

function forbiddenAddress(host: string, addresses: readonly string[]): Error {
  const which = addresses.filter((address) => address !== host);
  const message = `${host}${which.length > 0 ? ` (${which.join(', ')})` : ''} is not a public address`;
  return nexusError('FORBIDDEN_ADDRESS', message, {
    hint: 'To let http.request reach it, add its host:port to NEXUS_HTTP_ALLOW.',
  });
}
