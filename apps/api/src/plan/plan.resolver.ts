import type { CommandContext, Commands, PlanView } from '#commands';
import { Inject } from '@nestjs/common';
import { Args, Query, Resolver } from '@nestjs/graphql';
import { Caller } from '../graphql/caller.js';
import { COMMANDS } from '../tokens.js';

/** Plans before they run. */
@Resolver()
export class PlanResolver {
  constructor(@Inject(COMMANDS) private readonly commands: Commands) {}

  @Query('planPreview')
  planPreview(@Caller() caller: CommandContext, @Args() args: object): Promise<PlanView> {
    return this.commands.planPreview(caller, args);
  }
}
