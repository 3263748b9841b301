import type { ApprovalView, CommandContext, Commands, PlanChange } from '#commands';
import type { JsonValue, NanoUsd } from '#contracts';
import { Inject } from '@nestjs/common';
import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Caller } from '../graphql/caller.js';
import { COMMANDS } from '../tokens.js';

/** What of an approval is looked up only when it is asked for. */
@Resolver('Approval')
export class ApprovalFieldsResolver {
  constructor(@Inject(COMMANDS) private readonly commands: Commands) {}

  @ResolveField('context')
  context(@Caller() caller: CommandContext, @Parent() approval: ApprovalView): Promise<JsonValue> {
    return this.commands.value(caller, approval.storedContext);
  }

  @ResolveField('goal')
  async goal(@Caller() caller: CommandContext, @Parent() approval: ApprovalView): Promise<string | null> {
    return (await this.commands.runOfApproval(caller, approval)).goal;
  }

  @ResolveField('cost')
  async cost(@Caller() caller: CommandContext, @Parent() approval: ApprovalView): Promise<NanoUsd> {
    return (await this.commands.runOfApproval(caller, approval)).costNanos;
  }

  @ResolveField('difference')
  difference(
    @Caller() caller: CommandContext,
    @Parent() approval: ApprovalView,
  ): Promise<PlanChange[] | null> {
    return this.commands.difference(caller, approval);
  }
}
