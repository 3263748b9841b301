import { describe, expect, it } from '@jest/globals';
import { retryAfterMs } from './retry-after.js';

const now = Date.UTC(2026, 0, 1);
const in30s = now + 30_000;

describe('how long a provider asks to wait', () => {
  it.each([
    [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
    [{ 'retry-after': '9' }, 9_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': new Date(in30s).toUTCString() }, 30_000],
    [{ 'retry-after': new Date(now - 30_000).toUTCString() }, 0],
    [{ 'retry-after': '86400' }, 900_000],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
    // OpenAI: what is left, and how long until it is full again.
    [{ 'x-ratelimit-reset-requests': '1s', 'x-ratelimit-remaining-requests': '0' }, 1_000],
    [{ 'x-ratelimit-reset-tokens': '6m0s', 'x-ratelimit-remaining-tokens': '0' }, 360_000],
    [{ 'x-ratelimit-reset-requests': '20ms' }, 20],
    [
      {
        'x-ratelimit-reset-requests': '8h',
        'x-ratelimit-remaining-requests': '12',
        'x-ratelimit-reset-tokens': '1.5s',
        'x-ratelimit-remaining-tokens': '0',
      },
      1_500,
    ],
    // Anthropic: a moment.
    [
      {
        'anthropic-ratelimit-requests-reset': new Date(now + 5_000).toISOString(),
        'anthropic-ratelimit-requests-remaining': '3',
        'anthropic-ratelimit-input-tokens-reset': new Date(in30s).toISOString(),
        'anthropic-ratelimit-input-tokens-remaining': '0',
      },
      30_000,
    ],
    // OpenRouter: milliseconds since the epoch; others: seconds.
    [{ 'x-ratelimit-reset': String(in30s), 'x-ratelimit-remaining': '0' }, 30_000],
    [{ 'x-ratelimit-reset': String(in30s / 1_000), 'x-ratelimit-remaining': '0' }, 30_000],
  ] as [Record<string, string>, number | undefined][])('by headers: %j', (headers, expected) => {
    expect(retryAfterMs({ headers, text: '' }, now)).toBe(expected);
  });

  it.each([
    ['{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.07s"}', 34_070],
    [`{"error":{"metadata":{"headers":{"X-RateLimit-Reset":"${in30s}"}}}}`, 30_000],
    ['Rate limit reached for gpt-6-sol. Please try again in 6m0s.', 360_000],
    ['Limit 30000, used 29000. Please try again in 1.5s. Visit the site', 1_500],
    ['Please retry in 20ms', 20],
    ['Please try again later', undefined],
  ])('by words: %s', (text, expected) => {
    expect(retryAfterMs({ headers: {}, text }, now)).toBe(expected);
  });
});
