import type { AgentView, Commands, ModelView, ToolView } from '#commands';
import { Inject } from '@nestjs/common';
import { Args, Query, Resolver } from '@nestjs/graphql';
import { COMMANDS } from '../tokens.js';

/** What plans can name: tools, agents, models. */
@Resolver()
export class RegistryResolver {
  constructor(@Inject(COMMANDS) private readonly commands: Commands) {}

  @Query('tools')
  tools(): ToolView[] {
    return this.commands.tools();
  }

  @Query('agents')
  agents(@Args() args: object): AgentView[] {
    return this.commands.agents(args);
  }

  @Query('models')
  models(): ModelView[] {
    return this.commands.models();
  }
}
