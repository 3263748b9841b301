import { parseUsd, triggerActions, triggerKinds } from '#contracts';
import type { RunBudget, Trigger } from '#contracts';
import { delimiter, resolve } from 'node:path';
import { z } from 'zod';
import type { FileSystem } from './file-system.js';
import { secret } from './secret.js';

/** A TCP port; 0 lets the system choose one. */
export const Port = z
  .string()
  .regex(/^\d{1,5}$/, 'is not a number')
  .transform(Number)
  .refine((port) => port <= 65_535, 'is above 65535');

/** A host name or an address, without port. */
export const Host = z
  .string()
  .regex(/^([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[?[0-9a-f:]*:[0-9a-f:.]*\]?)$/i, 'is not a host name or address')
  .transform((host) => host.replace(/^\[|\]$/g, ''));

export const SecretText = z.string().transform(secret);

/** An http or https URL; a trailing slash is dropped. */
export const HttpUrl = z
  .string()
  .refine((text) => hasScheme(text, ['http:', 'https:']), 'is not an http or https URL')
  .transform((text) => text.replace(/\/+$/, ''));

/** A PostgreSQL connection URL. It may hold a password, so it is a secret as a whole. */
export const DatabaseUrl = z
  .string()
  .refine((text) => hasScheme(text, ['postgres:', 'postgresql:']), 'is not a postgres:// URL')
  .transform(secret);

export const LogLevel = z.enum(
  ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'],
  'is no log level',
);

const HostPort = z.string().regex(/^([a-z0-9.-]+|\[[0-9a-f:.]+\]):\d{1,5}$/i, {
  error: ({ input }) => `"${String(input)}" is not host:port`,
});

/** `host:port`, several separated by commas or spaces. */
export const HostPortList = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter(Boolean))
  .pipe(z.array(HostPort));

/** Each set of labels that a task could require has a task queue: with four there are sixteen. */
const mostLabels = 4;

/** What a worker offers: `gpu=1, zone=a`. */
export const LabelList = z.string().transform((text, context): Readonly<Record<string, string>> => {
  const pairs = text.split(/[\s,]+/).filter(Boolean);
  const labels: Record<string, string> = {};
  for (const pair of pairs) {
    const [, name, value] = /^([\w.-]{1,63})=([\w.-]{1,63})$/.exec(pair) ?? [];
    if (name === undefined || value === undefined) context.addIssue(`"${pair}" is not name=value`);
    else if (name in labels) context.addIssue(`"${name}" is given twice`);
    else labels[name] = value;
  }
  if (pairs.length > mostLabels) context.addIssue(`has ${pairs.length} labels; ${mostLabels} are the most`);
  return labels;
});

/** What every run is watched for: `COST=5:PAUSE, FAILED_TASKS=10:KILL`. */
export const TriggerList = z.string().transform((text, context): readonly Trigger[] =>
  text
    .split(/[\s,]+/)
    .filter(Boolean)
    .flatMap((one) => {
      const [, on, threshold, action] = /^([A-Z_]+)=(\d+(?:\.\d+)?):([A-Z]+)$/.exec(one) ?? [];
      const kind = triggerKinds.find((known) => known === on);
      const deed = triggerActions.find((known) => known === action);
      if (kind && deed) return [{ on: kind, threshold: Number(threshold), do: deed }];
      context.addIssue(`"${one}" is not KIND=threshold:ACTION`);
      return [];
    }),
);

/** What a tenant may use in a day: `25`, or `usd=25, tokens=5000000, calls=2000`. */
export type DailyBudget = Pick<RunBudget, 'limitNanos' | 'maxTokens' | 'maxModelCalls'>;

const units = { usd: 'limitNanos', tokens: 'maxTokens', calls: 'maxModelCalls' } as const;

export const DailyBudget = z.string().transform((text, context): DailyBudget => {
  const budget: { -readonly [unit in keyof DailyBudget]: number } = {};
  for (const one of text.split(/[\s,]+/).filter(Boolean)) {
    const [, name = 'usd', amount = ''] = /^(?:([a-z]+)=)?([\d.]+)$/.exec(one) ?? [];
    const unit = Object.hasOwn(units, name) ? units[name as keyof typeof units] : undefined;
    const value =
      unit === 'limitNanos' ? parseUsd(amount) : /^\d{1,15}$/.test(amount) ? Number(amount) : null;
    if (unit === undefined || value === null) context.addIssue(`"${one}" is not an amount`);
    else if (unit in budget) context.addIssue(`"${one}": ${name} is given twice`);
    else budget[unit] = value;
  }
  return budget;
});

/** Names with commas or blanks between them. */
export const NameList = z
  .string()
  .transform((text): readonly string[] => text.split(/[\s,]+/).filter(Boolean));

/** One folder that is there, relative to the working directory. */
export const folder = (cwd: string, files: FileSystem) =>
  z
    .string()
    .transform((path) => resolve(cwd, path))
    .refine(files.isFolder, { error: ({ input }) => `"${String(input)}" is not a folder` });

/** One file that is there, relative to the working directory. */
export const file = (cwd: string, files: FileSystem) =>
  z
    .string()
    .transform((path) => resolve(cwd, path))
    .refine(files.isFile, { error: ({ input }) => `"${String(input)}" is not a file` });

/** Folders that are there, separated as in PATH or by commas. */
export const folderList = (cwd: string, files: FileSystem) =>
  z
    .string()
    .transform((text) => text.split(delimiter === ':' ? /[:,]/ : /[;,]/).map((path) => path.trim()))
    .transform((paths) => paths.filter(Boolean))
    .pipe(z.array(folder(cwd, files)).min(1, 'names no folder'));

function hasScheme(text: string, schemes: readonly string[]): boolean {
  const url = URL.parse(text);
  return url !== null && schemes.includes(url.protocol) && url.host !== '';
}
