import { createHash } from 'node:crypto';
import type { LanguageModelV4CallOptions, LanguageModelV4Prompt } from '@ai-sdk/provider';
import type { NanoUsd } from '#contracts';
import type { Ability, Deployment } from '../catalogue/deployment.js';
import type { RouteRequest } from '../decision/route.js';
import type { NexusCallOptions } from './call-options.js';
import { tokensOfCall, tokensOfPrompt } from './prompt-size.js';

/** What an answer may be long where the caller does not say: enough for a long text. */
const usualMaxOutput = 16_384;
/** Where money is short an answer gets less room, but so much. */
const leastMaxOutput = 1_024;
/** Of an answer whose like is not known. */
const usualOutput = { p50: 400, p95: 2_000 };
/** What a second is worth where nobody says: 0.0002 US dollars. */
const usualTimeValue: NanoUsd = 200_000;

export interface AskedCall {
  readonly model: string;
  readonly nexus: NexusCallOptions;
  readonly options: LanguageModelV4CallOptions;
  /** The whole prompt: with what was said before in the conversation, which comes first. */
  readonly prompt: LanguageModelV4Prompt;
}

/** What a call asks of the router. */
export function routeRequest(
  { model, nexus, options, prompt }: AskedCall,
  offers: readonly Deployment[],
  remaining: NanoUsd | null,
): RouteRequest {
  const { tenant, conversation } = nexus;
  const inputTokens = tokensOfCall(prompt, options);
  const isFollowUp = conversation !== undefined && conversation.after !== null;
  const maxOutputTokens = maxOutput(options.maxOutputTokens, { offers, inputTokens, remaining });
  return {
    tenant,
    model,
    offers,
    abilities: abilitiesFor(options, prompt),
    inputTokens,
    prefixTokens: isFollowUp ? Math.max(0, inputTokens - tokensOfPrompt(options.prompt)) : 0,
    outputTokens: {
      p50: Math.min(usualOutput.p50, maxOutputTokens),
      p95: Math.min(usualOutput.p95, maxOutputTokens),
    },
    maxOutputTokens,
    deadlineMs: nexus.deadlineMs ?? null,
    timeValue: nexus.timeValue ?? usualTimeValue,
    remaining,
    affinity: affinityOf(nexus),
    explores: !isFollowUp && (options.tools ?? []).length === 0,
  };
}

/** So much that the cheapest offer can be paid with what is left, within what answers need. */
function maxOutput(
  asked: number | undefined,
  { offers, inputTokens, remaining }: Pick<RouteRequest, 'offers' | 'inputTokens' | 'remaining'>,
): number {
  const most = asked ?? Math.min(usualMaxOutput, Math.max(...offers.map((offer) => offer.maxOutputTokens)));
  if (asked !== undefined || remaining === null) return most;
  const affordable = offers.flatMap(({ price }) => {
    if (price === null || price.output === 0) return [];
    const left = remaining - price.request - (inputTokens * price.input) / 1e6;
    return [Math.floor((left * 1e6) / price.output)];
  });
  return affordable.length === 0 ? most : Math.min(most, Math.max(leastMaxOutput, ...affordable));
}

function abilitiesFor(
  { tools = [], responseFormat }: LanguageModelV4CallOptions,
  prompt: LanguageModelV4Prompt,
): Ability[] {
  const abilities: Ability[] = [];
  if (tools.length > 0) abilities.push('tools');
  if (responseFormat?.type === 'json' && responseFormat.schema !== undefined)
    abilities.push('structured-output');
  const hasFiles = prompt.some(
    ({ content }) => typeof content !== 'string' && content.some(({ type }) => type === 'file'),
  );
  if (hasFiles) abilities.push('images');
  return abilities;
}

function affinityOf({ tenant, runId, conversation }: NexusCallOptions): string | null {
  if (conversation === undefined) return null;
  return createHash('sha256')
    .update(JSON.stringify([tenant, runId, conversation.id]))
    .digest('hex')
    .slice(0, 32);
}
