import { parseUsd } from '#contracts';
import { z } from 'zod';

const providerApis = ['openai', 'anthropic', 'google', 'openrouter', 'openai-compatible'] as const;
const abilities = ['tools', 'structured-output', 'images', 'reasoning', 'streaming'] as const;

/** Of providers, regions and accounts: they make up the names of deployments. */
const Name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'is no name of letters, digits, dots, hyphens and underscores');

// Messages never say what was given: it may be the key itself.
const KeyVariable = z
  .string()
  .regex(
    /^[A-Z_][A-Z0-9_]*$/,
    'is not the name of an environment variable, in capitals; the key itself has no place here',
  )
  .describe('Name of the environment variable that holds the key');

const Url = z
  .string()
  .refine(
    (text) => ['http:', 'https:'].includes(URL.parse(text)?.protocol ?? ''),
    'is not an http or https URL',
  )
  .transform((text) => text.replace(/\/+$/, ''));

const Limits = z
  .strictObject({
    requestsPerMinute: z.int().min(1).optional(),
    inputTokensPerMinute: z.int().min(1).optional(),
    outputTokensPerMinute: z.int().min(1).optional(),
    concurrency: z.int().min(1).optional(),
  })
  .describe('Limits that all models of the account share');

const accountFields = {
  region: Name.optional(),
  apiKey: KeyVariable.optional(),
  baseUrl: Url.optional().describe('With the version, such as https://api.example/v1'),
  limits: Limits.optional(),
};

const Account = z.strictObject({ name: Name.default('default'), ...accountFields });

const Provider = z.strictObject({
  api: z
    .enum(providerApis)
    .optional()
    .describe('What it speaks; a provider that is not built in: openai-compatible'),
  seller: z
    .string()
    .regex(/^[^:\s]+$/, 'is no name of a seller')
    .optional()
    .describe('Whose price list holds, by its name there, such as moonshotai'),
  accounts: z.array(Account).default([]).describe('Keys and addresses, any number of them'),
  ...accountFields,
});

const Accounts = z
  .array(z.string().min(1))
  .min(1)
  .optional()
  .describe('Names, or region/name; all, if absent');

const DeploymentEntry = z.strictObject({
  provider: Name,
  model: z.string().min(1),
  accounts: Accounts,
  family: z.string().min(1).optional().describe('Equal for models that answer equally well'),
  contextWindow: z.int().min(1).optional(),
  maxOutputTokens: z.int().min(1).optional(),
  abilities: z.array(z.enum(abilities)).optional(),
});

/** US dollars; nano-dollars once read. */
const Usd = z
  .union([z.number().min(0), z.string()])
  .transform((given, context) => {
    const nanos = parseUsd(String(given));
    if (nanos !== null && nanos >= 0) return nanos;
    context.addIssue('is no amount in dollars with at most nine decimals');
    return z.NEVER;
  })
  .describe('US dollars');

const rates = { input: Usd, output: Usd, cacheRead: Usd.optional(), cacheWrite: Usd.optional() };

const Moment = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], 'is no date such as 2026-01-31')
  .transform((text) => Date.parse(text));

const Price = z
  .strictObject({
    provider: Name,
    model: z.string().min(1),
    accounts: Accounts,
    from: Moment.optional().describe('When it begins to hold'),
    ...rates,
    request: Usd.optional().describe('US dollars for each request'),
    beyond: z
      .strictObject({ inputTokens: z.int().min(1), ...rates })
      .optional()
      .describe('Prices of the whole request once its input is longer than that'),
  })
  .describe('Prices as agreed, in US dollars for a million tokens; they win over every list');

const units = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const Every = z
  .string()
  .regex(/^[1-9]\d{0,3}[mhd]$/, 'is no length of time such as 30m, 12h or 1d')
  .transform((text) => Number(text.slice(0, -1)) * units[text.at(-1) as keyof typeof units]);

const Refresh = z
  .strictObject({
    url: Url.optional(),
    file: z.string().min(1).optional(),
    every: Every.default(units.d),
  })
  .refine(({ url, file }) => (url === undefined) !== (file === undefined), 'needs either url or file')
  .describe('Where newer prices are looked up');

const Tier = z
  .array(z.string().regex(/^[^:\s]+:\S+$/, 'is not provider:model'))
  .min(1)
  .describe('provider:model, or a deployment by its full name, best first');

const Place = z
  .string()
  .regex(/^[A-Za-z0-9][\w.@/-]*(:\S+)?$/, 'is no place such as openai@eu, and no provider:model');

const Policy = z
  .strictObject({
    tenants: z.array(z.string().min(1)).optional().describe('All, if absent'),
    allow: z.array(Place).optional().describe('Nothing else then'),
    deny: z.array(Place).optional(),
    regions: z.array(Name).optional().describe('Nothing else then'),
  })
  .describe('What tenants may use: providers, regions, accounts, models');

/** The file of `NEXUS_MODELS` as it is written. */
export const ModelsDocument = z.strictObject({
  providers: z.record(Name, Provider).default({}),
  deployments: z.array(DeploymentEntry).default([]),
  prices: z.array(Price).default([]),
  tiers: z
    .strictObject({ fast: Tier.optional(), standard: Tier.optional(), best: Tier.optional() })
    .default({}),
  policies: z.array(Policy).default([]),
  refresh: Refresh.optional(),
});
export type ModelsDocument = z.output<typeof ModelsDocument>;
