import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

let from: string | undefined;

/**
 * Lets `peerPackage` find what is installed in that folder. The peers are no dependencies of this repository:
 * their packages are asked for as if a file there did so.
 */
export function usePeersFolder(folder: string): void {
  if (from === undefined) {
    registerHooks({
      resolve: (specifier, context, next) =>
        specifier.startsWith(scheme)
          ? next(specifier.slice(scheme.length), { ...context, parentURL: from })
          : next(specifier, context),
    });
  }
  from = pathToFileURL(join(folder, 'package.json')).href;
}

const scheme = 'bench-peer:';

/** A peer's package, as the types that its column declares of it. */
export async function peerPackage<Module>(name: string): Promise<Module> {
  return (await import(`${scheme}${name}`)) as Module;
}
