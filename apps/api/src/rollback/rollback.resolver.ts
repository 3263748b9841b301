import type { CommandContext, Commands, RollbackStep, RunPayload } from '#commands';
import { Inject } from '@nestjs/common';
import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Caller } from '../graphql/caller.js';
import { COMMANDS } from '../tokens.js';

/** Taking back what runs have done. */
@Resolver()
export class RollbackResolver {
  constructor(@Inject(COMMANDS) private readonly commands: Commands) {}

  @Query('rollbackPreview')
  rollbackPreview(@Caller() caller: CommandContext, @Args() args: object): Promise<RollbackStep[]> {
    return this.commands.rollbackPreview(caller, args);
  }

  @Mutation('rollbackRun')
  rollbackRun(@Caller() caller: CommandContext, @Args() args: object): Promise<RunPayload> {
    return this.commands.rollbackRun(caller, args);
  }

  @Mutation('retryCompensation')
  retryCompensation(@Caller() caller: CommandContext, @Args() args: object): Promise<RunPayload> {
    return this.commands.retryCompensation(caller, args);
  }

  @Mutation('markCompensated')
  markCompensated(@Caller() caller: CommandContext, @Args() args: object): Promise<RunPayload> {
    return this.commands.markCompensated(caller, args);
  }
}
