import type {
  AgentView,
  CommandContext,
  Commands,
  ModelView,
  PriceChangePayload,
  PriceChangeView,
  ToolView,
} from '#commands';
import { Inject } from '@nestjs/common';
import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Caller } from '../graphql/caller.js';
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

  @Query('priceChanges')
  priceChanges(@Caller() caller: CommandContext, @Args() args: object): Promise<PriceChangeView[]> {
    return this.commands.priceChanges(caller, args);
  }

  @Mutation('approvePriceChange')
  approvePriceChange(@Caller() caller: CommandContext, @Args() args: object): Promise<PriceChangePayload> {
    return this.commands.approvePriceChange(caller, args);
  }
}
