/** What is worth knowing of a variable: for people, and for recognising misspelt ones. */
export interface Variable {
  readonly name: string;
  readonly meaning: string;
  readonly fallback: string;
  readonly secret?: boolean;
}

/** Every variable that Nexus reads, in the order in which they are explained. */
export const variables: readonly Variable[] = [
  { name: 'NEXUS_HOST', meaning: 'address the API listens on', fallback: '127.0.0.1' },
  { name: 'NEXUS_PORT', meaning: 'port of the API', fallback: '4000' },
  { name: 'NEXUS_TEMPORAL_PORT', meaning: 'port of the embedded Temporal server', fallback: '7233' },
  { name: 'NEXUS_TEMPORAL_UI_PORT', meaning: 'port of the Temporal UI', fallback: '8233' },
  { name: 'NEXUS_HOME', meaning: 'folder of embedded data', fallback: '.nexus' },
  { name: 'NEXUS_TOOLS', meaning: "folder with a team's own tools", fallback: 'none' },
  { name: 'NEXUS_MODELS', meaning: 'catalogue of providers, prices, tiers, policies', fallback: 'built in' },
  { name: 'NEXUS_AUTH', meaning: 'whether callers must identify themselves', fallback: 'off' },
  {
    name: 'NEXUS_HTTP_ALLOW',
    meaning: 'host:port list http.request may reach besides public ones',
    fallback: 'none',
  },
  {
    name: 'NEXUS_WORKSPACES',
    meaning: 'folders for file, git and shell tools',
    fallback: 'the working directory',
  },
  { name: 'NEXUS_WORKER_LABELS', meaning: 'what tasks may require of this worker', fallback: 'none' },
  { name: 'NEXUS_TRIGGERS', meaning: 'what every run is watched for: COST=5:PAUSE, …', fallback: 'none' },
  {
    name: 'NEXUS_DAILY_BUDGET',
    meaning: 'what each tenant may use in a day (UTC): 25, or usd=25, tokens=5000000, calls=2000',
    fallback: 'no limit',
  },
  {
    name: 'NEXUS_APPROVE',
    meaning: 'tools before which a person is asked; irreversible: those that nothing can undo',
    fallback: 'none',
  },
  { name: 'NEXUS_LOG_LEVEL', meaning: 'silent, fatal, error, warn, info, debug or trace', fallback: 'info' },
  {
    name: 'DATABASE_URL',
    meaning: 'PostgreSQL with pgvector',
    fallback: 'the embedded database',
    secret: true,
  },
  { name: 'TEMPORAL_ADDRESS', meaning: 'Temporal server to use', fallback: 'the embedded one' },
  { name: 'TEMPORAL_NAMESPACE', meaning: 'Temporal namespace', fallback: 'default' },
  { name: 'TEMPORAL_PROFILE', meaning: 'profile of the Temporal configuration file', fallback: 'default' },
  {
    name: 'TEMPORAL_CONFIG_FILE',
    meaning: 'Temporal configuration file',
    fallback: 'temporal.toml of the user',
  },
  { name: 'TEMPORAL_API_KEY', meaning: 'key for Temporal', fallback: 'none', secret: true },
  {
    name: 'TEMPORAL_TLS',
    meaning: 'whether Temporal is reached over TLS',
    fallback: 'with a key or certificate',
  },
  ...provider('OPENAI', 'OpenAI, or any endpoint that speaks its protocol', 'OPENAI_API_KEY'),
  ...provider('ANTHROPIC', 'Anthropic', 'ANTHROPIC_API_KEY'),
  ...provider('GOOGLE_GENERATIVE_AI', 'Google Gemini', 'GOOGLE_GENERATIVE_AI_API_KEY'),
  ...provider('OPENROUTER', 'OpenRouter', 'OPENROUTER_API_KEY'),
  { name: 'NEXUS_URL', meaning: 'API the command line talks to', fallback: 'the one at NEXUS_PORT' },
  { name: 'NEXUS_CACHE', meaning: 'folder of programs set up once a machine', fallback: '~/.cache/nexus' },
  { name: 'NEXUS_FAILPOINT', meaning: 'tests: where this process dies, as name:hit', fallback: 'nowhere' },
  { name: 'NEXUS_PLANTED_BUG', meaning: 'tests: a bug to have', fallback: 'none' },
  { name: 'NEXUS_CHAOS', meaning: 'tests: 1 lets bugs be planted', fallback: 'no' },
  { name: 'NEXUS_DEBUG', meaning: 'show stack traces on the command line', fallback: 'no' },
];

function provider(prefix: string, name: string, keyName: string): Variable[] {
  return [
    { name: keyName, meaning: `key for ${name}`, fallback: 'not used', secret: true },
    { name: `${prefix}_BASE_URL`, meaning: `address of ${name}`, fallback: "the provider's own" },
  ];
}

/** Set by Nexus itself for the programs that the shell tool runs, so that they may call back. */
export const variablesForTools = ['NEXUS_RUN_ID', 'NEXUS_TASK_PATH', 'NEXUS_IDEMPOTENCY_KEY'];
