import { Command } from 'commander';
import { dollars } from '../amounts.js';
import { operation } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { columns, fit } from '../columns.js';
import { exitCodes } from '../exit-codes.js';
import { jsonLine, plainLine } from '../plain-text.js';
import { accepted, userErrorFields } from '../user-errors.js';
import type { UserErrorView } from '../user-errors.js';
import { jsonOption } from './options.js';

interface Model {
  readonly id: string;
  readonly kind: 'LOGICAL' | 'DEPLOYMENT';
  readonly grade: number | null;
  readonly contextWindow: number;
  readonly abilities: readonly string[];
  readonly inputPrice: string | null;
  readonly outputPrice: string | null;
  readonly cacheReadPrice: string | null;
  readonly cacheWritePrice: string | null;
  readonly priceVersion: string | null;
  readonly priceSource: string | null;
  readonly priceSince: string | null;
  readonly deployments: readonly string[];
  readonly breaker: string | null;
  readonly availability: number | null;
  readonly p50TtftMs: number | null;
  readonly p95TtftMs: number | null;
}

export const ModelsQuery = operation<{ models: Model[] }>(/* GraphQL */ `
  query Models {
    models {
      id
      kind
      provider
      region
      account
      family
      grade
      contextWindow
      maxOutputTokens
      abilities
      inputPrice
      outputPrice
      cacheReadPrice
      cacheWritePrice
      priceVersion
      priceSource
      priceSince
      deployments
      breaker
      availability
      p50TtftMs
      p95TtftMs
    }
  }
`);

interface Price {
  readonly input: string;
  readonly output: string;
  readonly cacheRead: string | null;
  readonly cacheWrite: string | null;
}

interface PriceChange {
  readonly id: string;
  readonly seller: string;
  readonly model: string;
  readonly oddities: readonly string[];
  readonly state: string;
  readonly before: Price | null;
  readonly after: Price | null;
  readonly source: string;
  readonly foundAt: string;
  readonly decidedBy: string | null;
}

const changeFields = `id seller model oddities state source foundAt decidedBy decidedAt
  before { input output cacheRead cacheWrite request } after { input output cacheRead cacheWrite request }`;

export const PriceChangesQuery = operation<{ priceChanges: PriceChange[] }, { all: boolean }>(/* GraphQL */ `
  query PriceChanges($all: Boolean) { priceChanges(all: $all) { ${changeFields} } }`);

export const ApprovePriceChangeMutation = operation<
  { approvePriceChange: { change: PriceChange | null; userErrors: UserErrorView[] } },
  { id: string }
>(/* GraphQL */ `
  mutation ApprovePriceChange($id: ID!) {
    approvePriceChange(id: $id) { change { ${changeFields} } ${userErrorFields} }
  }`);

const help = `
Prices are US dollars for a million tokens. A refresh takes small changes over by itself; a price that moves by more
than a quarter, becomes zero or vanishes waits here until somebody says that it is right.

Examples:
  nexus models                           what calls can be routed to
  nexus models prices                    prices in force, with the versions that charges name
  nexus models prices --quarantined      changes that wait for a person
  nexus models approve-price change_0f3c…`;

const noModels = 'no models: set a provider key such as OPENAI_API_KEY and start again; see nexus doctor';

/** What calls can be routed to, and what they cost. */
export function modelsCommand(context: CliContext): Command {
  return new Command('models')
    .description('list the models that calls can be routed to; prices')
    .addHelpText('after', help)
    .addOption(jsonOption())
    .action(async ({ json }: { json?: boolean }) => {
      const { models } = await context.api().request(ModelsQuery, {});
      const heading = ['MODEL', 'GRADE', 'CONTEXT', 'IN/1M', 'OUT/1M', 'BREAKER', 'P50/P95', 'ABILITIES'];
      show(context, json, models, heading, modelCells, noModels);
    })
    .addCommand(pricesCommand(context))
    .addCommand(approveCommand(context));
}

function pricesCommand(context: CliContext): Command {
  return new Command('prices')
    .description('show the prices in force')
    .option('--quarantined', 'changes that wait for a person instead')
    .option('--all', 'with --quarantined: those that were approved or are outdated too')
    .addOption(jsonOption())
    .action(async (options: { quarantined?: boolean; all?: boolean }, command: Command) => {
      const { json } = command.optsWithGlobals<{ json?: boolean }>();
      if (options.quarantined) {
        const { priceChanges } = await context
          .api()
          .request(PriceChangesQuery, { all: options.all ?? false });
        const heading = ['CHANGE', 'MODEL', 'ODD', 'BEFORE IN/OUT', 'AFTER IN/OUT', 'STATE', 'FOUND'];
        show(context, json, priceChanges, heading, changeCells, 'no price waits for a person');
        return;
      }
      const { models } = await context.api().request(ModelsQuery, {});
      const deployments = models.filter(({ kind }) => kind === 'DEPLOYMENT');
      const heading = [
        'DEPLOYMENT',
        'IN/1M',
        'OUT/1M',
        'CACHE READ',
        'CACHE WRITE',
        'SOURCE',
        'SINCE',
        'VERSION',
      ];
      show(context, json, deployments, heading, priceCells, noModels);
    });
}

function approveCommand(context: CliContext): Command {
  return new Command('approve-price')
    .description('let a quarantined price hold from now on')
    .argument('<id>', 'ID of the change, as nexus models prices --quarantined shows it')
    .addOption(jsonOption())
    .action(async (id: string, _options: object, command: Command) => {
      const { json } = command.optsWithGlobals<{ json?: boolean }>();
      const { approvePriceChange } = await context.api().request(ApprovePriceChangeMutation, { id });
      const { change, userErrors } = approvePriceChange;
      const approved = accepted(change, userErrors, 'see them: nexus models prices --quarantined --all');
      context.terminal.data.line(json ? jsonLine(approved) : changeCells(approved).join('  '));
      context.exit(exitCodes.ok);
    });
}

function show<Item>(
  { terminal: { data, talk }, exit }: CliContext,
  json: boolean | undefined,
  items: readonly Item[],
  heading: readonly string[],
  cells: (item: Item) => readonly string[],
  none: string,
): void {
  if (json) items.forEach((item) => data.line(jsonLine(item)));
  else if (items.length === 0) talk.line(none);
  else {
    const lines = columns([heading, ...items.map((item) => cells(item).map(plainLine))]);
    lines.forEach((line) => data.line(data.isTerminal ? fit(line, data.columns()) : line));
  }
  exit(exitCodes.ok);
}

function modelCells(model: Model): readonly string[] {
  const { p50TtftMs: p50, p95TtftMs: p95 } = model;
  return [
    model.id,
    model.grade === null ? '-' : String(model.grade),
    String(model.contextWindow),
    price(model.inputPrice),
    price(model.outputPrice),
    model.breaker ?? '-',
    p50 === null && p95 === null ? '-' : `${p50 ?? '?'}/${p95 ?? '?'} ms`,
    model.kind === 'LOGICAL' ? `→ ${model.deployments.join(' ')}` : model.abilities.join(' '),
  ];
}

function priceCells(model: Model): readonly string[] {
  const since = model.priceSince ?? '';
  return [
    model.id,
    price(model.inputPrice),
    price(model.outputPrice),
    price(model.cacheReadPrice),
    price(model.cacheWritePrice),
    model.priceSource ?? '-',
    since.startsWith('1970') ? '-' : since.slice(0, 10),
    model.priceVersion ?? '-',
  ];
}

function changeCells(change: PriceChange): readonly string[] {
  const both = (of: Price | null): string => (of === null ? '-' : `${price(of.input)}/${price(of.output)}`);
  return [
    change.id,
    `${change.seller}:${change.model}`,
    change.oddities.join(' '),
    both(change.before),
    both(change.after),
    change.decidedBy === null ? change.state : `${change.state} by ${change.decidedBy}`,
    change.foundAt,
  ];
}

function price(amount: string | null): string {
  return amount === null ? '?' : dollars(amount);
}
