import type { ApprovalPayload, ApprovalView, CommandContext, Commands, Connection } from '#commands';
import { Inject } from '@nestjs/common';
import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Caller } from '../graphql/caller.js';
import { currentOrigin } from '../http/request-context.js';
import { COMMANDS } from '../tokens.js';
import { decidePath } from './decide-path.js';

/** What runs ask of people, and what those say. */
@Resolver()
export class ApprovalResolver {
  constructor(@Inject(COMMANDS) private readonly commands: Commands) {}

  @Query('approvals')
  approvals(@Caller() caller: CommandContext, @Args() args: object): Promise<Connection<ApprovalView>> {
    return this.commands.approvals(caller, args);
  }

  @Mutation('decideApproval')
  decideApproval(@Caller() caller: CommandContext, @Args() args: object): Promise<ApprovalPayload> {
    return this.commands.decideApproval(caller, args);
  }

  @Mutation('approvalLink')
  async approvalLink(@Caller() caller: CommandContext, @Args() args: object): Promise<object> {
    const { link, userErrors } = await this.commands.approvalLink(caller, args);
    if (link === null) return { url: null, expiresAt: null, person: null, userErrors };
    const { token, expiresAt, person } = link;
    return { url: `${currentOrigin()}${decidePath}?token=${token}`, expiresAt, person, userErrors };
  }
}
