import { z } from 'zod';
import type { FileRole } from './file-role.js';
import { isFixture, isGeneratedText, roleOf } from './file-role.js';
import { languageOf } from './languages.js';
import { Notes, counted } from './part.js';
import type { RepositoryFile } from './repository-files.js';
import { countLines } from './repository-files.js';
import { secretsIn } from './secrets.js';

const Size = z.object({ files: z.number(), lines: z.number(), bytes: z.number() });
type Size = z.infer<typeof Size>;

/** What a repository is made of. */
export const Inventory = z.object({
  name: z.string(),
  git: z.boolean(),
  branch: z.string().nullable(),
  commit: z.string().nullable(),
  total: Size,
  roles: z.record(z.string(), Size),
  languages: z.array(Size.extend({ language: z.string(), share: z.number() })),
  binaries: z.number(),
  largeFiles: z.array(z.object({ path: z.string(), bytes: z.number() })),
  signals: z.object({
    readme: z.string().nullable(),
    licence: z.string().nullable(),
    continuousIntegration: z.array(z.string()),
    linters: z.array(z.string()),
  }),
  sensitive: z.array(z.object({ path: z.string(), line: z.number().nullable(), what: z.string() })),
  notes: Notes,
});
export type Inventory = z.infer<typeof Inventory>;

const ci =
  /^(\.github\/workflows\/.*\.ya?ml|\.ci\/.+|\.gitlab-ci\.yml|\.circleci\/config\.yml|Jenkinsfile|azure-pipelines\.yml|\.travis\.yml|bitbucket-pipelines\.yml|\.buildkite\/.*\.ya?ml|\.woodpecker\.ya?ml|\.drone\.yml)$/;
const linter =
  /(^|\/)(eslint\.config\.[a-z]+|\.eslintrc(\.[a-z]+)?|biome\.jsonc?|\.?oxlintrc\.json|\.prettierrc(\.[a-z]+)?|\.golangci\.ya?ml|ruff\.toml|\.flake8|\.pylintrc|mypy\.ini|rustfmt\.toml|clippy\.toml|\.rubocop\.yml|\.editorconfig|checkstyle\.xml|\.clang-format)$/;
const largeBytes = 5 * 1024 * 1024;

export interface InventoryBuilder {
  readonly add: (file: RepositoryFile) => void;
  readonly result: () => Omit<Inventory, 'name' | 'git' | 'branch' | 'commit'>;
}

/** Takes stock of files one by one. */
export function createInventory(): InventoryBuilder {
  const total = { files: 0, lines: 0, bytes: 0 };
  const roles = new Map<FileRole, Size>();
  const languages = new Map<string, Size>();
  const largeFiles: Inventory['largeFiles'] = [];
  const sensitive: Inventory['sensitive'] = [];
  const paths: string[] = [];
  let binaries = 0;
  let uncounted = 0;
  return {
    add: (file) => {
      const role = file.text !== undefined && isGeneratedText(file.text) ? 'generated' : roleOf(file.path);
      const lines = file.text === undefined ? 0 : countLines(file.text);
      paths.push(file.path);
      for (const size of [total, sizeIn(roles, role)]) grow(size, lines, file.bytes);
      if (file.tooLarge) uncounted++;
      else if (file.text === undefined) binaries++;
      else if (languageOf(file.path).kind === 'source' && role !== 'generated')
        grow(sizeIn(languages, languageOf(file.path).name), lines, file.bytes);
      if (file.bytes > largeBytes) largeFiles.push({ path: file.path, bytes: file.bytes });
      if (!isFixture(file.path) && role !== 'test') sensitive.push(...secretsIn(file.path, file.text));
    },
    result: () => ({
      total,
      roles: Object.fromEntries(roles),
      languages: ranked(languages),
      binaries,
      largeFiles: largeFiles.sort((a, b) => b.bytes - a.bytes).slice(0, 20),
      signals: signalsOf(paths),
      sensitive: sensitive.slice(0, 50),
      notes:
        uncounted === 0
          ? []
          : [
              `${counted(uncounted, 'file')} above 2 MiB ${uncounted === 1 ? 'is' : 'are'} counted in bytes only.`,
            ],
    }),
  };
}

function sizeIn<Key>(sizes: Map<Key, Size>, key: Key): Size {
  const size = sizes.get(key) ?? { files: 0, lines: 0, bytes: 0 };
  sizes.set(key, size);
  return size;
}

function grow(size: Size, lines: number, bytes: number): void {
  size.files++;
  size.lines += lines;
  size.bytes += bytes;
}

function ranked(languages: ReadonlyMap<string, Size>): Inventory['languages'] {
  const all = [...languages].map(([language, size]) => ({ language, ...size }));
  const lines = all.reduce((sum, { lines }) => sum + lines, 0);
  return all
    .sort((a, b) => b.lines - a.lines || (a.language < b.language ? -1 : 1))
    .map((size) => ({ ...size, share: lines === 0 ? 0 : Math.round((1000 * size.lines) / lines) / 1000 }));
}

function signalsOf(paths: readonly string[]): Inventory['signals'] {
  return {
    readme: paths.find((path) => /^readme(\.[a-z]+)?$/i.test(path)) ?? null,
    licence: paths.find((path) => /^(licen[cs]e|copying|unlicense)([.-].*)?$/i.test(path)) ?? null,
    continuousIntegration: paths.filter((path) => ci.test(path)).slice(0, 20),
    linters: paths.filter((path) => linter.test(path)).slice(0, 20),
  };
}
