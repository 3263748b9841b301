import type { CommandContext, Commands, NodeView } from '#commands';
import { Inject } from '@nestjs/common';
import { Args, Query, Resolver } from '@nestjs/graphql';
import { Caller } from '../graphql/caller.js';
import { COMMANDS } from '../tokens.js';

/** Anything by its ID. */
@Resolver()
export class NodeResolver {
  constructor(@Inject(COMMANDS) private readonly commands: Commands) {}

  @Query('node')
  node(@Caller() caller: CommandContext, @Args() args: object): Promise<NodeView | null> {
    return this.commands.node(caller, args);
  }
}
