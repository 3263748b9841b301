import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { findGo } from '#ops/temporal/binaries';

const server = 'go.temporal.io/server';

/** What makes Temporal's schema on PostgreSQL. */
export interface SchemaTool {
  /** Temporal's own program, which carries the schema of the main store. */
  readonly program: string;
  /** The schema of the visibility store, and its version. */
  readonly visibility: { readonly file: string; readonly version: string };
}

/** The tool of the server's version, built from its pinned sources once per machine. */
export function provideSchemaTool(
  options: { readonly root: string; readonly cache: string; readonly version: string },
  say: (line: string) => void,
): SchemaTool {
  const { root, cache, version } = options;
  const folder = join(cache, 'temporal', `sql-${version}-${process.platform}-${process.arch}`);
  if (!existsSync(folder)) {
    say(`Building ${server}/cmd/tools/sql ${version} (once per machine; about a minute)`);
    build(join(root, 'ops/temporal'), folder);
  }
  const schema = readdirSync(folder).find((name) => name.endsWith('.sql')) ?? '';
  return {
    program: join(folder, 'sql'),
    visibility: { file: join(folder, schema), version: schema.replace(/^visibility-v|\.sql$/g, '') },
  };
}

function build(module: string, folder: string): void {
  mkdirSync(dirname(folder), { recursive: true });
  const scratch = mkdtempSync(`${folder}.`);
  try {
    go(
      module,
      'build',
      '-mod=readonly',
      '-ldflags=-s -w',
      '-o',
      join(scratch, 'sql'),
      `${server}/cmd/tools/sql`,
    );
    const schema = join(
      go(module, 'list', '-m', '-f', '{{.Dir}}', server),
      'schema/postgresql/v12/visibility',
    );
    const versions = readdirSync(join(schema, 'versioned')).map((name) => Number(name.replace('v1.', '')));
    const text = withoutBtreeGin(readFileSync(join(schema, 'schema.sql'), 'utf8'));
    writeFileSync(join(scratch, `visibility-v1.${Math.max(...versions)}.sql`), text);
    renameSync(scratch, folder);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * The PostgreSQL of tests comes without the extension `btree_gin`. The indices that need it only have the
 * namespace in front of the lists they index, and with one namespace they do as well without.
 */
function withoutBtreeGin(schema: string): string {
  return schema
    .replace(/DO LANGUAGE 'plpgsql' \$\$[\s\S]*?CREATE EXTENSION btree_gin[\s\S]*?\$\$;/, '')
    .replaceAll('USING GIN (namespace_id, ', 'USING GIN (');
}

function go(cwd: string, ...args: string[]): string {
  const program = findGo();
  if (!program) {
    throw new Error(
      'the benchmarks run Temporal on PostgreSQL, and the program that makes its schema is built with Go: install Go (https://go.dev/dl/)',
    );
  }
  const env = { ...process.env, GOTOOLCHAIN: 'auto', GOWORK: 'off', GOFLAGS: '-buildvcs=false' };
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`go ${args[0]} failed in ${cwd}: ${error?.message ?? stderr.trim()}`);
  return stdout.trim();
}
