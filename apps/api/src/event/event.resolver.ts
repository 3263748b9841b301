import type { CommandContext, Commands, EventView, RunView } from '#commands';
import { Inject } from '@nestjs/common';
import { Args, Resolver, Subscription } from '@nestjs/graphql';
import { Caller } from '../graphql/caller.js';
import { COMMANDS } from '../tokens.js';
import { faultsAsValues, valueItself } from './subscription-faults.js';

/** What happens, as it happens. */
@Resolver()
export class EventResolver {
  constructor(@Inject(COMMANDS) private readonly commands: Commands) {}

  @Subscription('runEvents', { resolve: valueItself })
  async runEvents(
    @Caller() caller: CommandContext,
    @Args() args: object,
  ): Promise<AsyncIterable<EventView | Error>> {
    return faultsAsValues(await this.commands.runEvents(caller, args));
  }

  @Subscription('runsChanged', { resolve: valueItself })
  runsChanged(@Caller() caller: CommandContext, @Args() args: object): AsyncIterable<RunView | Error> {
    return faultsAsValues(this.commands.runsChanged(caller, args));
  }
}
