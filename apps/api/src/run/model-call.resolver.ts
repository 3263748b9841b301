import type { CommandContext, Commands, ModelCallView } from '#commands';
import { Inject } from '@nestjs/common';
import { Args, Query, Resolver } from '@nestjs/graphql';
import { Caller } from '../graphql/caller.js';
import { COMMANDS } from '../tokens.js';

/** Calls of models, by themselves. */
@Resolver()
export class ModelCallResolver {
  constructor(@Inject(COMMANDS) private readonly commands: Commands) {}

  @Query('modelCall')
  modelCall(@Caller() caller: CommandContext, @Args() args: object): Promise<ModelCallView | null> {
    return this.commands.modelCall(caller, args);
  }
}
