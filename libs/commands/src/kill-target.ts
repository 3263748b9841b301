import type { KillScope } from '#contracts';
import type { CommandDeps } from './command-deps.js';
import { type UserError, userError } from './user-error.js';

type Registries = Pick<CommandDeps, 'tools' | 'agents'>;

/** What is wrong with the target of a kill switch, if anything. A switch against a misspelt tool would stop nothing. */
export function targetFault(
  registries: Registries,
  scope: KillScope,
  target: string | null,
): UserError | null {
  if (scope === 'GLOBAL' || scope === 'TENANT') {
    if (target === null) return null;
    return userError('BAD_USER_INPUT', `a switch of scope ${scope} takes no target`, ['target']);
  }
  if (target === null)
    return userError('BAD_USER_INPUT', `a switch of scope ${scope} needs a target: its name`, ['target']);
  const known = namesOf(registries, scope);
  if (known === null || known.includes(target)) return null;
  const message = `there is no ${scope.toLowerCase()} "${target}"`;
  return userError('BAD_USER_INPUT', message, ['target'], `there are: ${known.join(', ') || 'none'}`);
}

/** Null where any name will do: projects are labels, and models are named by who routes to them. */
function namesOf({ tools, agents }: Registries, scope: KillScope): string[] | null {
  if (scope === 'TOOL') return tools.map(({ name }) => name);
  if (scope === 'AGENT') return agents.map(({ name }) => name);
  return null;
}
