/** Which lib may import which. A lib that is not listed here may be imported by nobody and imports nobody. */
const mayImport = {
  contracts: [],
  plan: ['contracts'],
  workflows: ['contracts', 'plan'],
  failpoints: [],
  config: ['contracts', 'failpoints'],
  telemetry: ['contracts'],
  store: ['contracts', 'failpoints'],
  routing: ['contracts', 'store'],
  tools: ['contracts', 'store'],
  agents: ['contracts', 'plan', 'store', 'routing', 'tools'],
  activities: [
    'contracts',
    'plan',
    'workflows',
    'config',
    'failpoints',
    'telemetry',
    'store',
    'routing',
    'tools',
    'agents',
  ],
  operators: ['contracts', 'plan', 'store', 'telemetry'],
  commands: [
    'contracts',
    'plan',
    'workflows',
    'config',
    'failpoints',
    'telemetry',
    'store',
    'routing',
    'tools',
    'agents',
  ],
};

const direction = Object.entries(mayImport).map(([lib, allowed]) => ({
  name: `direction-of-${lib}`,
  comment: `libs/${lib} may import ${allowed.join(', ') || 'no other lib'}: imports go one way`,
  severity: 'error',
  from: { path: `^libs/${lib}/` },
  to: { path: '^(libs|apps)/', pathNot: `^libs/(${[lib, ...allowed].join('|')})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...direction,
    {
      name: 'known-lib',
      comment: 'a new lib gets its place in the direction of imports, in this file',
      severity: 'error',
      from: { path: '^libs/', pathNot: `^libs/(${Object.keys(mayImport).join('|')})/` },
      to: {},
    },
    {
      name: 'no-cycle',
      severity: 'error',
      from: { path: '^(apps|libs|ops|test)/' },
      // Types vanish when compiled: GraphQL object types refer to each other by type.
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'workflows-touch-nothing',
      comment: 'workflow code is replayed: no Node.js built-ins, no framework, no database, no client',
      severity: 'error',
      from: { path: '^libs/(contracts|plan|workflows)/', pathNot: '\\.test\\.ts$|/fixtures/' },
      to: {
        path: '^node_modules/(@nestjs|pg|kysely|pino|@electric-sql|@temporalio/(client|worker|activity))(/|$)',
      },
    },
    {
      name: 'workflows-without-built-ins',
      severity: 'error',
      from: { path: '^libs/(contracts|plan|workflows)/', pathNot: '\\.test\\.ts$|/fixtures/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'through-the-front-door',
      comment: 'a lib is used through its index.ts, or, of plan, the part that workflows can bear',
      severity: 'error',
      from: { path: '^(apps|libs/([^/]+))/' },
      to: {
        path: '^libs/[^/]+/src/',
        pathNot: ['^libs/[^/]+/src/index\\.ts$', '^libs/plan/src/(engine|text)\\.ts$', '^libs/$2/'],
      },
    },
    {
      name: 'nest-only-at-the-edge',
      severity: 'error',
      from: { path: '^libs/', pathNot: '\\.module\\.ts$' },
      to: { path: '^node_modules/@nestjs/' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|\\.nexus)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: 'specify',
    enhancedResolveOptions: {
      conditionNames: ['nexus-source', 'import', 'node', 'require', 'default', 'types'],
      extensions: ['.ts', '.mts', '.d.mts', '.mjs', '.js', '.cjs', '.json'],
      exportsFields: ['exports'],
    },
  },
};
