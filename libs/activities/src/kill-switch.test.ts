import { describe, expect, it } from '@jest/globals';
import { reachedSwitch, switchDetail, tenantSwitch } from './kill-switch.js';
import type { KillSwitch } from './kill-switch.js';

const thrown = (scope: KillSwitch['scope'], target: string | null, tenant = 'default'): KillSwitch => ({
  scope,
  target,
  tenant,
  reason: 'why',
});

describe('kill switches (A11)', () => {
  it('stop a tenant, or all, and of a project nothing here', () => {
    expect(tenantSwitch([thrown('TENANT', null)], 'default')).toBeDefined();
    expect(tenantSwitch([thrown('TENANT', null)], 'other')).toBeUndefined();
    expect(tenantSwitch([thrown('GLOBAL', null, '*')], 'other')).toBeDefined();
    expect(tenantSwitch([thrown('PROJECT', 'p'), thrown('TOOL', 'x')], 'default')).toBeUndefined();
  });

  it('stop who reaches the tool, model or agent, of their own tenant alone', () => {
    const switches = [thrown('TOOL', 'mail'), thrown('MODEL', 'nexus:best'), thrown('AGENT', 'writer')];
    const reached = (reach: object) => reachedSwitch(switches, { tenant: 'default', ...reach })?.scope;
    expect(reached({ tool: 'mail' })).toBe('TOOL');
    expect(reached({ tool: 'other' })).toBeUndefined();
    expect(reached({ model: 'nexus:best' })).toBe('MODEL');
    expect(reached({ model: 'mail' })).toBeUndefined();
    expect(reached({ agent: 'writer', tool: 'other' })).toBe('AGENT');
    expect(reachedSwitch(switches, { tenant: 'other', tool: 'mail' })).toBeUndefined();
  });

  it('say what is off, and why', () => {
    expect(switchDetail(thrown('TOOL', 'mail'))).toBe('tool mail is switched off: why');
    expect(switchDetail({ scope: 'GLOBAL', target: null, tenant: '*' })).toBe('global is switched off');
  });
});
