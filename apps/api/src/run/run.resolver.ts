import type { Commands, CommandContext, Connection, RunPayload, RunView } from '#commands';
import { Inject } from '@nestjs/common';
import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Caller } from '../graphql/caller.js';
import { COMMANDS } from '../tokens.js';

/** Starting and finding runs. */
@Resolver()
export class RunResolver {
  constructor(@Inject(COMMANDS) private readonly commands: Commands) {}

  @Query('run')
  run(@Caller() caller: CommandContext, @Args() args: object): Promise<RunView | null> {
    return this.commands.run(caller, args);
  }

  @Query('runs')
  runs(@Caller() caller: CommandContext, @Args() args: object): Promise<Connection<RunView>> {
    return this.commands.runs(caller, args);
  }

  @Mutation('startGoal')
  startGoal(@Caller() caller: CommandContext, @Args('input') input: object): Promise<RunPayload> {
    return this.commands.startGoal(caller, input);
  }

  @Mutation('startPlan')
  startPlan(@Caller() caller: CommandContext, @Args('input') input: object): Promise<RunPayload> {
    return this.commands.startPlan(caller, input);
  }
}
