import { describe, expect, it } from '@jest/globals';
import { dependenciesOf, isManifest } from './dependencies.js';

function read(path: string, text: string, others: readonly string[] = []) {
  return dependenciesOf([{ path, text }], [path, ...others]);
}

describe('dependenciesOf', () => {
  it('reads package.json', () => {
    const text = JSON.stringify({
      dependencies: { a: '^1.0.0', b: '*', c: 'git+https://x.test/c.git' },
      devDependencies: { d: '>=2', e: '1.2.3' },
    });
    const result = read('web/package.json', text);
    expect(result.manifests[0]).toMatchObject({
      ecosystem: 'npm',
      runtime: 3,
      development: 2,
      lockMissing: true,
    });
    expect(result.loose.map(({ name, why }) => [name, why])).toEqual([
      ['b', 'any version will do'],
      ['c', 'comes from a place that can change'],
      ['d', 'has no upper bound'],
    ]);
    expect(read('web/package.json', text, ['package-lock.json']).manifests[0]).toMatchObject({
      lockFile: 'package-lock.json',
      lockMissing: false,
    });
    expect(read('web/package.json', '{}').manifests[0]).toMatchObject({ lockMissing: false });
  });

  it('reads go.mod without indirect modules', () => {
    const text = `module x\n\ngo 1.22\n\nrequire github.com/a/b v1.2.3\n\nrequire (\n\tgithub.com/c/d/v2 v2.0.0\n\tgithub.com/e/f v0.1.0 // indirect\n)\n\nreplace (\n\tg => h v1.0.0\n)\n`;
    expect(read('go.mod', text).manifests[0]).toMatchObject({
      dependencies: [
        { name: 'github.com/a/b', version: 'v1.2.3' },
        { name: 'github.com/c/d/v2', version: 'v2.0.0' },
      ],
      lockMissing: true,
    });
    expect(read('go.mod', text, ['go.sum']).manifests[0]).toMatchObject({ lockFile: 'go.sum' });
  });

  it('reads requirements files; exact versions need no lock', () => {
    const loose = read(
      'requirements.txt',
      '# comment\n-r other.txt\nDjango>=4\nrequests[socks]==2.31.0 ; python_version > "3"\nnumpy\n',
    );
    expect(loose.manifests[0]).toMatchObject({
      dependencies: [
        { name: 'django', version: '>=4' },
        { name: 'requests', version: '==2.31.0' },
        { name: 'numpy', version: '' },
      ],
      lockMissing: true,
    });
    expect(read('requirements/dev.txt', 'a==1\nb===2.0  # why\n').manifests[0]).toMatchObject({
      lockMissing: false,
    });
  });

  it('reads pyproject.toml of PEP 621, of dependency groups, and of Poetry', () => {
    const text = `
[project]
name = "x"
dependencies = [
  "a[fast]>=1,<2", # why
  'b',
]
[project.optional-dependencies]
dev = ["c==3"]
[dependency-groups]
test = ["d"]
[tool.poetry.dependencies]
python = "^3.11"
e = "^1.0"
f = { version = "2.0", optional = true }
[tool.poetry.group.dev.dependencies]
g = "*"
`;
    const { dependencies } = read('pyproject.toml', text).manifests[0] ?? { dependencies: [] };
    expect(dependencies.map(({ name, version, kind }) => `${name} ${version} ${kind}`)).toEqual([
      'a >=1,<2 runtime',
      'b  runtime',
      'c ==3 development',
      'd  development',
      'e ^1.0 runtime',
      'f 2.0 runtime',
      'g * development',
    ]);
  });

  it('reads Cargo.toml and pom.xml', () => {
    const cargo =
      '[package]\nname="x"\n[dependencies]\nserde = { version = "1", features = ["derive"] }\nlocal = { path = "../l" }\nany = "*"\n[dev-dependencies]\nt = "0.3"\n';
    expect(read('Cargo.toml', cargo)).toMatchObject({
      manifests: [{ runtime: 3, development: 1, lockMissing: true }],
      loose: [{ name: 'any' }],
    });
    const pom =
      '<project><!-- <dependency><groupId>no</groupId></dependency> --><dependencies><dependency><groupId>g</groupId><artifactId>a</artifactId><version>[1,2)</version></dependency><dependency><groupId>j</groupId><artifactId>u</artifactId><scope>test</scope></dependency></dependencies></project>';
    expect(read('pom.xml', pom)).toMatchObject({
      manifests: [
        {
          runtime: 1,
          development: 1,
          lockMissing: false,
          dependencies: [{ name: 'g:a', version: '[1,2)' }, { name: 'j:u' }],
        },
      ],
      loose: [{ name: 'g:a' }],
    });
  });

  it('finds the same dependency in different versions, and tells of what it cannot read', () => {
    const result = dependenciesOf(
      [
        { path: 'a/package.json', text: '{"dependencies":{"x":"^1.0.0","y":"1"}}' },
        { path: 'b/package.json', text: '{"devDependencies":{"x":"^2.0.0","y":"1"}}' },
        { path: 'c/package.json', text: '{ broken' },
      ],
      [],
    );
    expect(result.conflicts).toEqual([
      {
        ecosystem: 'npm',
        name: 'x',
        versions: [
          { version: '^1.0.0', path: 'a/package.json' },
          { version: '^2.0.0', path: 'b/package.json' },
        ],
      },
    ]);
    expect(result).toMatchObject({ total: 4, distinct: 2 });
    expect(result.notes[0]).toMatch(/^c\/package\.json could not be read/);
  });

  it('knows manifests by their names', () => {
    const paths = ['package.json', 'x/go.mod', 'requirements-dev.txt', 'my-package.json', 'notes.txt'];
    expect(paths.filter(isManifest)).toEqual(['package.json', 'x/go.mod', 'requirements-dev.txt']);
  });
});
