import type { LanguageModelV4FinishReason } from '@ai-sdk/provider';
import { describe, expect, it } from '@jest/globals';
import { failedFinish } from './finish.js';

const to = { id: 'openai:gpt-6-sol' };

function codeOf(
  unified: LanguageModelV4FinishReason['unified'],
  raw?: string,
  outputTokens = 100,
  max?: number,
) {
  return failedFinish({ unified, raw }, { outputTokens, maxOutputTokens: max }, to)?.error.code ?? null;
}

describe('an answer that arrived', () => {
  it.each([
    ['stop', 'stop', null],
    ['tool-calls', 'tool_calls', null],
    ['length', 'length', null],
    ['other', 'pause_turn', null],
    ['other', undefined, 'PROVIDER_UNAVAILABLE'],
    ['interrupted', undefined, 'PROVIDER_UNAVAILABLE'],
    ['error', 'error', 'PROVIDER_UNAVAILABLE'],
    ['content-filter', 'content_filter', 'CONTENT_FILTERED'],
  ] as const)('that ended with %s (%s): %s', (unified, raw, code) => {
    expect(codeOf(unified, raw)).toBe(code);
  });

  it('that was cut after a word found no room, unless no more was asked for', () => {
    expect(codeOf('length', 'length', 3)).toBe('CONTEXT_OVERFLOW');
    expect(codeOf('length', 'length', 3, 3)).toBeNull();
    expect(codeOf('length', 'length', 3, 500)).toBe('CONTEXT_OVERFLOW');
  });
});
