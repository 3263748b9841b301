import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The Go packages that make up the embedded Temporal; their versions are pinned in go.mod beside this file. */
const packages = {
  server: { module: 'go.temporal.io/server', path: 'go.temporal.io/server/cmd/server' },
  ui: { module: 'github.com/temporalio/ui-server/v2', path: 'github.com/temporalio/ui-server/v2/cmd/server' },
};

/** What to build, and where the result is cached: one file per program, version and platform. */
export function temporalPrograms({ root, cache }) {
  const goMod = readFileSync(join(root, 'ops/temporal/go.mod'), 'utf8');
  const program = (name) => {
    const { module, path } = packages[name];
    const version = goMod.match(new RegExp(`^\\s*${module.replaceAll('.', '\\.')} (v\\S+)`, 'm'))?.[1];
    if (!version) throw new Error(`ops/temporal/go.mod pins no version of ${module}`);
    const file = join(cache, 'temporal', `${name}-${version}-${process.platform}-${process.arch}`);
    return { name, path, version, file };
  };
  const cli = join(cache, 'temporal', `cli-${process.platform}-${process.arch}`);
  return { server: program('server'), ui: program('ui'), cli };
}

/**
 * The Temporal programs on this machine, in the order of choice: the cached pinned server, the `temporal`
 * CLI on the PATH, a downloaded one. Undefined when there is none.
 */
export function findTemporal({ root, cache, env = process.env }) {
  const { server, ui, cli: downloaded } = temporalPrograms({ root, cache });
  if (isExecutable(server.file)) {
    return {
      kind: 'server',
      version: server.version,
      server: server.file,
      ui: isExecutable(ui.file) ? ui.file : undefined,
    };
  }
  const cli = findOnPath('temporal', env) ?? (isExecutable(downloaded) ? downloaded : undefined);
  return cli ? { kind: 'cli', cli } : undefined;
}

/** The Go compiler: from the PATH, or from where its installer puts it. */
export function findGo(env = process.env) {
  const usual = '/usr/local/go/bin/go';
  return findOnPath('go', env) ?? (isExecutable(usual) ? usual : undefined);
}

function findOnPath(name, env) {
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
