import type { Ability } from './deployment.js';

/** What the price list does not say of a model. */
export interface ModelFacts {
  readonly abilities: readonly Ability[];
  /** Used where the price list names none. */
  readonly contextWindow: number;
  readonly maxOutputTokens: number;
}

const basic = ['tools', 'structured-output', 'images', 'streaming'] as const;
const reasoning = [...basic, 'reasoning'] as const;

const gpt: ModelFacts = { abilities: reasoning, contextWindow: 400_000, maxOutputTokens: 128_000 };
const claude: ModelFacts = { abilities: reasoning, contextWindow: 200_000, maxOutputTokens: 128_000 };
const gemini: ModelFacts = { abilities: reasoning, contextWindow: 1_048_576, maxOutputTokens: 65_536 };

/** As the providers' documents and the AI SDK's adapters have it, first match first. */
const families: readonly (readonly [RegExp, ModelFacts])[] = [
  [/^gpt-4-1/, { abilities: basic, contextWindow: 1_000_000, maxOutputTokens: 32_768 }],
  [/^gpt-4o/, { abilities: basic, contextWindow: 128_000, maxOutputTokens: 16_384 }],
  [/^gpt-[5-9]/, gpt],
  [/^o[134](-|$)/, { ...gpt, contextWindow: 200_000, maxOutputTokens: 100_000 }],
  [/^claude-3-haiku/, { ...claude, abilities: basic, maxOutputTokens: 4_096 }],
  [/^claude-3-5/, { ...claude, abilities: basic, maxOutputTokens: 8_192 }],
  [/^claude-opus-4(-[01])?$/, { ...claude, maxOutputTokens: 32_000 }],
  [/^claude-(3-7|sonnet-4(-[05])?$|opus-4-5|haiku-4-5)/, { ...claude, maxOutputTokens: 64_000 }],
  [/^claude-/, claude],
  [/^gemini-(1|2-0)/, { abilities: basic, contextWindow: 1_000_000, maxOutputTokens: 8_192 }],
  [/^gemini-/, gemini],
];

/**
 * Assumed of a model that nobody described. An ability that is missing shows when the provider refuses; one that is
 * denied here could not be used at all. The catalogue file can say what is so.
 */
const unknown: ModelFacts = { abilities: basic, contextWindow: 128_000, maxOutputTokens: 32_768 };

export function factsOf(family: string): ModelFacts {
  return families.find(([pattern]) => pattern.test(family))?.[1] ?? unknown;
}

/**
 * A name that the same model has at every provider: without the vendor that resellers put in front, the date of the
 * release, and with hyphens for dots.
 */
export function familyOf(model: string): string {
  const own = model.slice(model.lastIndexOf('/') + 1).toLowerCase();
  return own.replace(/-(\d{8}|\d{4}-\d{2}-\d{2})$/, '').replaceAll('.', '-');
}
