import type { CommandContext, Commands, RunPayload } from '#commands';
import { Inject } from '@nestjs/common';
import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { Caller } from '../graphql/caller.js';
import { COMMANDS } from '../tokens.js';

/** What people do to runs that are under way. */
@Resolver()
export class RunControlResolver {
  constructor(@Inject(COMMANDS) private readonly commands: Commands) {}

  @Mutation('pauseRun')
  pauseRun(@Caller() caller: CommandContext, @Args() args: object): Promise<RunPayload> {
    return this.commands.pauseRun(caller, args);
  }

  @Mutation('resumeRun')
  resumeRun(@Caller() caller: CommandContext, @Args() args: object): Promise<RunPayload> {
    return this.commands.resumeRun(caller, args);
  }

  @Mutation('cancelRun')
  cancelRun(@Caller() caller: CommandContext, @Args() args: object): Promise<RunPayload> {
    return this.commands.cancelRun(caller, args);
  }

  @Mutation('killRun')
  killRun(@Caller() caller: CommandContext, @Args() args: object): Promise<RunPayload> {
    return this.commands.killRun(caller, args);
  }

  @Mutation('retryTask')
  retryTask(@Caller() caller: CommandContext, @Args() args: object): Promise<RunPayload> {
    return this.commands.retryTask(caller, args);
  }

  @Mutation('skipTask')
  skipTask(@Caller() caller: CommandContext, @Args() args: object): Promise<RunPayload> {
    return this.commands.skipTask(caller, args);
  }

  @Mutation('setBudget')
  setBudget(@Caller() caller: CommandContext, @Args() args: object): Promise<RunPayload> {
    return this.commands.setBudget(caller, args);
  }

  @Mutation('resolveUncertain')
  resolveUncertain(@Caller() caller: CommandContext, @Args() args: object): Promise<RunPayload> {
    return this.commands.resolveUncertain(caller, args);
  }
}
