import type { JsonValue } from '#contracts';
import type { Key } from '../fault.js';
import { isJsonObject } from '../json.js';
import type { OutlineTask } from './outline.js';

/** A field that expressions may stand in. */
export interface ExpressionPlace {
  readonly keys: readonly Key[];
  readonly value: JsonValue;
  /** `one`: the text is one expression and nothing else, for it is asked for its truth or its items. */
  readonly form: 'any' | 'one';
  /** Names that only this place reads, beside those that every place of the task does. */
  readonly names: readonly ('self' | 'loop')[];
}

const anywhere: Readonly<Record<string, readonly string[]>> = {
  tool: ['with'],
  model: ['prompt', 'messages', 'system'],
  agent: ['with'],
  approval: ['question', 'context'],
  wait: ['for', 'until'],
  plan: ['with', 'goal'],
};

/** All places of a task that hold expressions, without those of the tasks in it. */
export function expressionPlaces({ raw, keys, kind }: OutlineTask): ExpressionPlace[] {
  const places: ExpressionPlace[] = [];
  const add = (
    value: JsonValue | undefined,
    at: readonly Key[],
    form: 'any' | 'one' = 'any',
    names: ExpressionPlace['names'] = [],
  ): void => {
    if (value !== undefined) places.push({ keys: [...keys, ...at], value, form, names });
  };
  add(raw.when, ['when'], 'one');
  for (const field of anywhere[kind ?? ''] ?? []) add(raw[field], [field]);
  if (kind === 'tool' && isJsonObject(raw.compensate)) {
    add(raw.compensate.with, ['compensate', 'with'], 'any', ['self']);
  }
  if (kind === 'map') add(raw.over, ['over'], 'one');
  if (kind === 'loop') add(raw.while, ['while'], 'one', ['loop']);
  if (kind === 'branch' && Array.isArray(raw.cases)) {
    raw.cases.forEach((item, index) => isJsonObject(item) && add(item.if, ['cases', index, 'if'], 'one'));
  }
  return places;
}

/** Fields of names and settings, where an expression would be taken for text. */
export function literalPlaces({ raw, keys }: OutlineTask): { keys: readonly Key[]; value: string }[] {
  const own = ['title', 'tool', 'model', 'agent', 'template', 'role', 'escalateTo'].map((field) => ({
    field: [field],
    value: raw[field],
  }));
  const compensation = isJsonObject(raw.compensate)
    ? [{ field: ['compensate', 'tool'], value: raw.compensate.tool }]
    : [];
  return [...own, ...compensation].flatMap(({ field, value }) =>
    typeof value === 'string' ? [{ keys: [...keys, ...field], value }] : [],
  );
}
