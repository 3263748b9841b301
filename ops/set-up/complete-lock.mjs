import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './paths.mjs';

/**
 * Run after `npm install`: adds to the lock file the binaries of other platforms. npm leaves out those that
 * the registry in use does not carry (a mirror that serves Linux only, for one), and `npm ci` then refuses
 * the whole lock file. Every such package is pinned exactly by the one that wants it, so nothing is chosen
 * here; npm looks its checksum up when it is installed on its platform.
 */
const file = join(repositoryRoot, 'package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const added = missingBinaries(lock.packages);
for (const { path, entry } of added) lock.packages[path] = entry;
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([left], [right]) => left.localeCompare(right, 'en')),
);
if (added.length > 0) writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
console.log(`${added.length} packages of other platforms added to package-lock.json`);

function missingBinaries(packages) {
  return Object.values(packages).flatMap((wanting) =>
    Object.entries(wanting.optionalDependencies ?? {})
      .filter(([name]) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)))
      .map(([name, version]) => ({
        path: `node_modules/${name}`,
        entry: {
          version: exact(name, version),
          ...platformOf(name),
          ...(wanting.dev ? { dev: true } : {}),
          optional: true,
        },
      })),
  );
}

function exact(name, version) {
  if (/^\d+\.\d+\.\d+/.test(version)) return version;
  throw new Error(`${name} is wanted as ${version}: only npm can choose among versions`);
}

/** Such packages carry their platform in the name: `@swc/core-linux-arm-gnueabihf`. */
function platformOf(name) {
  const words = name.split(/[/-]/);
  const one = (known) => words.filter((word) => known.includes(word));
  const os = one(['darwin', 'win32', 'linux', 'android', 'freebsd', 'openharmony']);
  const cpu = one(['arm64', 'x64', 'ia32', 'arm', 'ppc64', 's390x', 'riscv64', 'loong64']);
  if (os.length === 0 || cpu.length === 0) throw new Error(`${name} names no platform that is known here`);
  const libc = words.includes('gnu') ? ['glibc'] : words.includes('musl') ? ['musl'] : undefined;
  return { cpu, ...(libc ? { libc } : {}), os };
}
