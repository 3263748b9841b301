import type { CommandContext } from '#commands';
import { defaultTenant } from '#contracts';

/** What resolvers get beside their arguments. */
export interface GraphqlContext {
  readonly command: CommandContext;
}

/** The caller as commands see it. With authentication off everyone is the local operator. */
export function contextFor(requestId: string): GraphqlContext {
  return { command: { tenant: defaultTenant, requestId, actor: 'local' } };
}
