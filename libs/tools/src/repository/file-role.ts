import { languageOf } from './languages.js';

/** What a file is for. Only `source` is judged by size, duplication and change; `test` stands beside it. */
export type FileRole = 'source' | 'test' | 'docs' | 'config' | 'generated' | 'other';

const generated = [
  /(^|\/)(node_modules|vendor|third_party|dist|coverage|__snapshots__|__generated__|generated|\.yarn)\//,
  /\.min\.(js|css)$/,
  /\.(map|snap|lock)$/,
  /[._](generated|gen)\.[a-z]+$/,
  /(_pb2(_grpc)?\.pyi?|\.pb\.(go|cc|h)|\.g\.dart|\.designer\.cs)$/i,
  /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|go\.sum)$/,
];

const test = [
  /(^|\/)(tests?|__tests__|specs?|e2e|testing|testdata|fixtures?|__mocks__|__fixtures__)\//i,
  /[._-](test|tests|spec|e2e)\.[a-z]+$/i,
  /(^|\/)(test_[^/]*|conftest)\.py$/,
  /(Test|Tests|Spec|IT)\.(java|kt|scala|cs|groovy|swift)$/,
];

/** Tells a file's role by its path. */
export function roleOf(path: string): FileRole {
  if (generated.some((pattern) => pattern.test(path))) return 'generated';
  const { kind } = languageOf(path);
  if (test.some((pattern) => pattern.test(path))) return kind === 'docs' ? 'docs' : 'test';
  return kind;
}

/** Whether a file holds examples that are meant to be odd: broken inputs, sample keys, copied text. */
export function isFixture(path: string): boolean {
  return /(^|\/)(testdata|fixtures?|__fixtures__|__mocks__|corpus|samples?|examples?|templates?)\//i.test(
    path,
  );
}
