/** Programming languages by extension: what counts as source. */
const programming: Readonly<Record<string, string>> = {
  ts: 'TypeScript',
  tsx: 'TypeScript',
  mts: 'TypeScript',
  cts: 'TypeScript',
  js: 'JavaScript',
  jsx: 'JavaScript',
  mjs: 'JavaScript',
  cjs: 'JavaScript',
  py: 'Python',
  pyi: 'Python',
  rb: 'Ruby',
  go: 'Go',
  rs: 'Rust',
  java: 'Java',
  kt: 'Kotlin',
  kts: 'Kotlin',
  scala: 'Scala',
  groovy: 'Groovy',
  clj: 'Clojure',
  c: 'C',
  h: 'C',
  cc: 'C++',
  cpp: 'C++',
  cxx: 'C++',
  hpp: 'C++',
  hh: 'C++',
  cs: 'C#',
  fs: 'F#',
  vb: 'Visual Basic',
  swift: 'Swift',
  m: 'Objective-C',
  mm: 'Objective-C',
  php: 'PHP',
  pl: 'Perl',
  pm: 'Perl',
  lua: 'Lua',
  r: 'R',
  jl: 'Julia',
  dart: 'Dart',
  ex: 'Elixir',
  exs: 'Elixir',
  erl: 'Erlang',
  hs: 'Haskell',
  ml: 'OCaml',
  mli: 'OCaml',
  elm: 'Elm',
  zig: 'Zig',
  nim: 'Nim',
  sol: 'Solidity',
  sh: 'Shell',
  bash: 'Shell',
  zsh: 'Shell',
  ps1: 'PowerShell',
  sql: 'SQL',
  graphql: 'GraphQL',
  gql: 'GraphQL',
  proto: 'Protocol Buffers',
  vue: 'Vue',
  svelte: 'Svelte',
  css: 'CSS',
  scss: 'SCSS',
  less: 'Less',
  html: 'HTML',
  tf: 'Terraform',
  asm: 'Assembly',
  s: 'Assembly',
  f90: 'Fortran',
  pas: 'Pascal',
  cob: 'COBOL',
};

const documents: Readonly<Record<string, string>> = {
  md: 'Markdown',
  mdx: 'Markdown',
  markdown: 'Markdown',
  rst: 'reStructuredText',
  adoc: 'AsciiDoc',
  txt: 'Text',
  tex: 'TeX',
};

const configuration: Readonly<Record<string, string>> = {
  json: 'JSON',
  jsonc: 'JSON',
  yaml: 'YAML',
  yml: 'YAML',
  toml: 'TOML',
  ini: 'INI',
  cfg: 'INI',
  conf: 'INI',
  xml: 'XML',
  properties: 'Properties',
  gradle: 'Gradle',
  cmake: 'CMake',
  lock: 'Lock file',
  env: 'Environment',
  plist: 'XML',
};

const namedFiles: Readonly<Record<string, string>> = {
  dockerfile: 'Docker',
  containerfile: 'Docker',
  makefile: 'Make',
  gnumakefile: 'Make',
  justfile: 'Just',
  jenkinsfile: 'Groovy',
  'cmakelists.txt': 'CMake',
  'go.mod': 'Go module',
  'go.sum': 'Go module',
};

/** What a file is written in, and whether that makes it source, a document or configuration. */
export interface Language {
  readonly name: string;
  readonly kind: 'source' | 'docs' | 'config' | 'other';
}

export function languageOf(path: string): Language {
  const base = (path.split('/').at(-1) ?? '').toLowerCase();
  const named = namedFiles[base];
  if (named !== undefined) return { name: named, kind: 'config' };
  const extension = base.includes('.') ? (base.split('.').at(-1) ?? '') : '';
  for (const [table, kind] of [
    [programming, 'source'],
    [documents, 'docs'],
    [configuration, 'config'],
  ] as const) {
    const name = Object.hasOwn(table, extension) ? table[extension] : undefined;
    if (name !== undefined) return { name, kind };
  }
  return { name: extension === '' ? 'Other' : `.${extension}`, kind: 'other' };
}
