import { describe, expect, it } from '@jest/globals';
import type { CataloguePolicy } from '../settings.js';
import { createCatalogue } from './catalogue.js';
import type { Deployment } from './deployment.js';

const key = { apiKey: { reveal: () => 'sk-test' } };

/** What a tenant may use of one model at three doors and another one at the first. */
function allowed(policies: readonly CataloguePolicy[], tenant = 'acme'): string[] {
  const catalogue = createCatalogue({
    providers: { openai: key, anthropic: key },
    file: {
      providers: { openai: { accounts: [{ name: 'b', region: 'eu', ...key }] } },
      deployments: [],
      prices: [],
      tiers: {},
      policies,
    },
  });
  const all = ['openai:m', 'openai:n', 'anthropic:m'].flatMap((id): readonly Deployment[] =>
    catalogue.offers(id, 0),
  );
  return all.filter((each) => catalogue.refusal(tenant, each) === null).map(({ id }) => id);
}

const everything = ['openai:m', 'openai@eu/b:m', 'openai:n', 'openai@eu/b:n', 'anthropic:m'];

describe('policies', () => {
  it.each<[string, readonly CataloguePolicy[], readonly string[]]>([
    ['none', [], everything],
    ['a provider denied', [{ deny: ['openai'] }], ['anthropic:m']],
    ['a region denied', [{ deny: ['openai@eu'] }], ['openai:m', 'openai:n', 'anthropic:m']],
    [
      'a model denied everywhere at a provider',
      [{ deny: ['openai:m'] }],
      ['openai:n', 'openai@eu/b:n', 'anthropic:m'],
    ],
    [
      'one deployment denied',
      [{ deny: ['openai@eu/b:m'] }],
      everything.filter((id) => id !== 'openai@eu/b:m'),
    ],
    ['one provider allowed', [{ allow: ['anthropic'] }], ['anthropic:m']],
    ['regions named', [{ regions: ['eu'] }], ['openai@eu/b:m', 'openai@eu/b:n']],
    ['allowed and denied', [{ allow: ['openai'], deny: ['openai@eu'] }], ['openai:m', 'openai:n']],
    ['two that must agree', [{ allow: ['openai'] }, { regions: ['eu'] }], ['openai@eu/b:m', 'openai@eu/b:n']],
    ['of other tenants', [{ tenants: ['globex'], allow: [] }], everything],
    ['of this tenant', [{ tenants: ['globex', 'acme'], deny: ['anthropic'] }], everything.slice(0, 4)],
    ['a name that is the beginning of another', [{ deny: ['open'] }], everything],
  ])('%s', (_, policies, ids) => {
    expect(allowed(policies)).toEqual(ids);
  });

  it('say what stands against a deployment', () => {
    const file = { providers: {}, deployments: [], prices: [], tiers: {}, policies: [{ deny: ['openai'] }] };
    const catalogue = createCatalogue({ providers: { openai: key }, file });
    const [deployment] = catalogue.offers('openai:m', 0) as [Deployment];
    expect(catalogue.refusal('acme', deployment)).toBe('a policy denies openai');
  });
});
