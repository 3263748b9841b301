import type { LanguageModelV4FinishReason } from '@ai-sdk/provider';
import type { Deployment } from '../catalogue/deployment.js';
import { callFailure } from './call-failure.js';
import type { CallFailure } from './call-failure.js';

/** Below this many tokens, an answer cut for length says that the prompt left no room for one. */
const tinyOutputTokens = 16;

/** Why an answer that arrived is a failure all the same; null when it is not. */
export function failedFinish(
  reason: LanguageModelV4FinishReason,
  { outputTokens, maxOutputTokens }: { outputTokens: number; maxOutputTokens: number | undefined },
  { id }: Pick<Deployment, 'id'>,
): CallFailure | null {
  if (/malformed_function_call/i.test(reason.raw ?? '')) {
    return callFailure('malformed-tool-call', `${id}: the model's call of a tool was not well formed`);
  }
  const cutShort = reason.unified === 'other' && reason.raw === undefined;
  if (cutShort || reason.unified === 'interrupted' || reason.unified === 'error') {
    return callFailure('broke-off', `${id}: the answer broke off before its end`);
  }
  if (reason.unified === 'content-filter') {
    return callFailure('content-filtered', `${id}: the provider withheld the answer (${reason.raw})`);
  }
  const roomLeft = maxOutputTokens === undefined || maxOutputTokens > tinyOutputTokens;
  if (reason.unified === 'length' && outputTokens <= tinyOutputTokens && roomLeft) {
    return callFailure('context-overflow', `${id}: the prompt left no room for an answer`);
  }
  return null;
}
