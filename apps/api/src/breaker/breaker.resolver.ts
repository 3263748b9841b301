import type { BreakerPayload, BreakerView, CommandContext, Commands } from '#commands';
import { Inject } from '@nestjs/common';
import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Caller } from '../graphql/caller.js';
import { COMMANDS } from '../tokens.js';

/** Circuit breakers of deployments and tools, and limits that providers have set. */
@Resolver()
export class BreakerResolver {
  constructor(@Inject(COMMANDS) private readonly commands: Commands) {}

  @Query('breakers')
  breakers(@Caller() caller: CommandContext): BreakerView[] {
    return this.commands.breakers(caller);
  }

  @Mutation('setBreaker')
  setBreaker(@Caller() caller: CommandContext, @Args() args: object): Promise<BreakerPayload> {
    return this.commands.setBreaker(caller, args);
  }

  @Mutation('resetBreaker')
  resetBreaker(@Caller() caller: CommandContext, @Args() args: object): Promise<BreakerPayload> {
    return this.commands.resetBreaker(caller, args);
  }
}
