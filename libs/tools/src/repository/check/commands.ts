import type { Problem } from './check.js';

/** A check that runs a program over a copy of the repository. */
export interface CheckCommand {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** Why what it said is no verdict, when it could not do its work. */
  readonly couldNotRun: (output: string) => string | undefined;
  readonly problems: (output: string) => Problem[];
}

/** A command that a person gave: what it means is theirs to know. */
export function givenCommand(command: string): CheckCommand {
  return {
    name: 'given command',
    argv: ['/bin/sh', '-c', command],
    env: {},
    couldNotRun: () => undefined,
    problems: () => [],
  };
}

/**
 * Checks that need nothing installed but the language itself, and no network. What a project's own
 * scripts do is unknown, so none of them is run.
 */
export function detectedCommands(paths: readonly string[]): CheckCommand[] {
  return [
    ...(paths.some((path) => path.endsWith('.py')) ? [compilePython] : []),
    ...(paths.includes('go.mod') ? [vetGo] : []),
  ];
}

const compilePython: CheckCommand = {
  name: 'Python syntax',
  argv: ['python3', '-m', 'compileall', '-q', '-x', '(testdata|fixtures?)/', '.'],
  env: { PYTHONUTF8: '1' },
  couldNotRun: (output) =>
    /python3: not found|No module named/.test(output) ? 'python3 is not installed' : undefined,
  problems: (output) =>
    output
      .split(/^\*\*\* /m)
      .slice(1)
      .map((part) => ({
        path: (/^Error compiling '\.?\/?([^']*)'/.exec(part)?.[1] ?? '').replace(/^\.\//, ''),
        line: Number(/, line (\d+)/.exec(part)?.[1] ?? Number.NaN) || null,
        message: /^\s*(\w*(?:Error|Exception)\b.*)$/m.exec(part.slice(5))?.[1] ?? part.split('\n')[0] ?? '',
      })),
};

const vetGo: CheckCommand = {
  name: 'go vet',
  argv: ['go', 'vet', './...'],
  env: { GOFLAGS: '-mod=readonly', GOPROXY: 'off', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' },
  couldNotRun: (output) => {
    if (/go: not found/.test(output)) return 'go is not installed';
    if (/module lookup disabled|missing go\.sum entry|no required module provides/.test(output)) {
      return 'its modules are not on this machine, and nothing is downloaded';
    }
    return /requires go >=|toolchain not available/.test(output) ? 'it needs a newer Go' : undefined;
  },
  problems: (output) =>
    [...output.matchAll(/^(?:vet: )?\.?\/?(\S+\.go):(\d+):(?:\d+:)? (.*)$/gm)].map(
      ([, path = '', line, message = '']) => ({
        path,
        line: Number(line),
        message,
      }),
    ),
};
