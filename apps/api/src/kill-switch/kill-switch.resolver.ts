import type { CommandContext, Commands, KillPayload, KillSwitchView } from '#commands';
import { Inject } from '@nestjs/common';
import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Caller } from '../graphql/caller.js';
import { COMMANDS } from '../tokens.js';

/** Switches that stop many things at once. */
@Resolver()
export class KillSwitchResolver {
  constructor(@Inject(COMMANDS) private readonly commands: Commands) {}

  @Query('killSwitches')
  killSwitches(@Caller() caller: CommandContext): Promise<KillSwitchView[]> {
    return this.commands.killSwitches(caller);
  }

  @Mutation('engageKillSwitch')
  engageKillSwitch(@Caller() caller: CommandContext, @Args() args: object): Promise<KillPayload> {
    return this.commands.engageKillSwitch(caller, args);
  }

  @Mutation('releaseKillSwitch')
  releaseKillSwitch(@Caller() caller: CommandContext, @Args() args: object): Promise<KillPayload> {
    return this.commands.releaseKillSwitch(caller, args);
  }
}
