import type { CommandContext, Commands, StandingRulePayload, StandingRuleView } from '#commands';
import { Inject } from '@nestjs/common';
import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Caller } from '../graphql/caller.js';
import { COMMANDS } from '../tokens.js';

/** Calls that need no person's word any more. */
@Resolver()
export class StandingRuleResolver {
  constructor(@Inject(COMMANDS) private readonly commands: Commands) {}

  @Query('standingRules')
  standingRules(@Caller() caller: CommandContext, @Args() args: object): Promise<StandingRuleView[]> {
    return this.commands.standingRules(caller, args);
  }

  @Mutation('addStandingRule')
  addStandingRule(
    @Caller() caller: CommandContext,
    @Args('input') input: object,
  ): Promise<StandingRulePayload> {
    return this.commands.addStandingRule(caller, input);
  }

  @Mutation('revokeStandingRule')
  revokeStandingRule(@Caller() caller: CommandContext, @Args() args: object): Promise<StandingRulePayload> {
    return this.commands.revokeStandingRule(caller, args);
  }
}
