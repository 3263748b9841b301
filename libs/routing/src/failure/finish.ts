import type { LanguageModelV4FinishReason } from '@ai-sdk/provider';
import { nexusError } from '#contracts';
import type { NexusError } from '#contracts';
import type { Deployment } from '../catalogue/deployment.js';

/** Below this many tokens, an answer cut for length says that the prompt left no room for one. */
const tinyOutputTokens = 16;

/** Why an answer that arrived is a failure all the same; null when it is not. */
export function failedFinish(
  reason: LanguageModelV4FinishReason,
  { outputTokens, maxOutputTokens }: { outputTokens: number; maxOutputTokens: number | undefined },
  deployment: Deployment,
): NexusError | null {
  const cutShort = reason.unified === 'other' && reason.raw === undefined;
  if (cutShort || reason.unified === 'interrupted' || reason.unified === 'error') {
    return nexusError('PROVIDER_UNAVAILABLE', `${deployment.id}: the answer broke off before its end`, {
      retryable: true,
    });
  }
  if (reason.unified === 'content-filter') {
    return nexusError(
      'CONTENT_FILTERED',
      `${deployment.id}: the provider withheld the answer (${reason.raw})`,
    );
  }
  const roomLeft = maxOutputTokens === undefined || maxOutputTokens > tinyOutputTokens;
  if (reason.unified === 'length' && outputTokens <= tinyOutputTokens && roomLeft) {
    return nexusError('CONTEXT_OVERFLOW', `${deployment.id}: the prompt left no room for an answer`, {
      hint: 'send less: shorten the prompt, or take a model with a larger context window',
    });
  }
  return null;
}
