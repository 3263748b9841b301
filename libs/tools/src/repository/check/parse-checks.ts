import { parse } from 'acorn';
import { parseAllDocuments } from 'yaml';
import { isFixture, roleOf } from '../file-role.js';
import { counted } from '../part.js';
import type { RepositoryFile } from '../repository-files.js';
import type { Check, Problem } from './check.js';
import { listedProblems } from './check.js';

/** A check that reads a file and says what is wrong with it; `unsure` when it cannot tell. */
interface ParseCheck {
  readonly name: string;
  readonly matches: (path: string) => boolean;
  readonly read: (
    text: string,
    path: string,
  ) => { line: number | null; message: string } | 'unsure' | undefined;
}

/** JSON that its readers let have comments. */
const jsonWithComments =
  /(^|\/)(tsconfig[^/]*|jsconfig[^/]*|\.eslintrc|\.swcrc|\.babelrc|devcontainer|api-extractor|turbo|nx|deno|biome|wrangler|\.?oxlintrc|angular|tslint|\.jshintrc)\.json$|(^|\/)\.(vscode|devcontainer|zed)\//;

const parseChecks: readonly ParseCheck[] = [
  {
    name: 'JSON',
    matches: (path) => path.endsWith('.json') && !jsonWithComments.test(path),
    read: (text) => {
      try {
        JSON.parse(text.replace(/^\uFEFF/, ''));
        return undefined;
      } catch (error) {
        const { message } = error as Error;
        const at = /position (\d+)/.exec(message)?.[1];
        return { line: at === undefined ? null : lineAt(text, Number(at)), message };
      }
    },
  },
  {
    name: 'YAML',
    matches: (path) => /\.ya?ml$/.test(path),
    read: (text) => {
      if (/\{\{|<%|\{%/.test(text)) return 'unsure'; // a template of YAML, not YAML yet
      for (const document of parseAllDocuments(text, { logLevel: 'silent', uniqueKeys: true })) {
        const fault = 'errors' in document ? document.errors[0] : undefined;
        if (fault)
          return { line: fault.linePos?.[0].line ?? null, message: fault.message.split('\n')[0] ?? '' };
      }
      return undefined;
    },
  },
  {
    name: 'JavaScript',
    matches: (path) => /\.[cm]?js$/.test(path),
    read: readJavaScript,
  },
];

function readJavaScript(text: string, path: string): ReturnType<ParseCheck['read']> {
  const kinds = path.endsWith('.cjs') ? (['script'] as const) : (['module', 'script'] as const);
  let fault: (SyntaxError & { pos?: number; loc?: { line: number } }) | undefined;
  for (const sourceType of kinds) {
    try {
      parse(text, {
        ecmaVersion: 'latest',
        sourceType,
        allowHashBang: true,
        allowReturnOutsideFunction: true,
        allowAwaitOutsideFunction: true,
      });
      return undefined;
    } catch (error) {
      fault ??= error as SyntaxError;
    }
  }
  // JSX, decorators and types in a .js file: some compiler of the project reads them, this parser does not.
  if (/[<@:]/.test(text[fault?.pos ?? 0] ?? '') || /@flow\b/.test(text.slice(0, 500))) return 'unsure';
  return { line: fault?.loc?.line ?? null, message: fault?.message ?? 'cannot be parsed' };
}

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

/** Whether any of these checks reads the file. Examples that are meant to be broken are left out. */
export function isParseChecked(path: string): boolean {
  if (isFixture(path) || roleOf(path) === 'generated' || /(^|\/)(tests?|specs?)\//.test(path)) return false;
  return parseChecks.some((check) => check.matches(path));
}

export interface ParseChecker {
  readonly add: (file: RepositoryFile) => void;
  readonly result: () => { checks: Check[]; notes: string[] };
}

/** Parses files one by one. */
export function createParseChecker(): ParseChecker {
  const found = parseChecks.map((check) => ({
    check,
    files: 0,
    unsure: 0,
    ms: 0,
    problems: [] as Problem[],
  }));
  return {
    add: ({ path, text }) => {
      const entry = found.find(({ check }) => check.matches(path));
      if (!entry || text === undefined) return;
      const before = performance.now();
      const fault = entry.check.read(text, path);
      entry.ms += performance.now() - before;
      if (fault === 'unsure') entry.unsure++;
      else entry.files++;
      if (fault !== undefined && fault !== 'unsure') entry.problems.push({ path, ...fault });
    },
    result: () => ({
      checks: found
        .filter(({ files }) => files > 0)
        .map(({ check, files, ms, problems }) => ({
          name: `${check.name} syntax`,
          what: `${counted(files, 'file')} parsed`,
          ok: problems.length === 0,
          files,
          exitCode: null,
          ms: Math.round(ms),
          problems: problems.slice(0, listedProblems),
          problemCount: problems.length,
          output: '',
        })),
      notes: found
        .filter(({ unsure }) => unsure > 0)
        .map(
          ({ check, unsure }) =>
            `${counted(unsure, `${check.name} file`)} left unchecked: templates, or syntax that needs a compiler.`,
        ),
    }),
  };
}
