import type {
  ApprovalView,
  ArtefactView,
  BudgetView,
  CommandContext,
  Commands,
  Connection,
  Estimate,
  EventView,
  PlanView,
  PostMortem,
  RunView,
  TaskView,
} from '#commands';
import type { JsonValue, Pause, WaitReason } from '#contracts';
import { Inject } from '@nestjs/common';
import { Args, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Caller } from '../graphql/caller.js';
import { COMMANDS } from '../tokens.js';

/** What of a run is looked up only when it is asked for. */
@Resolver('Run')
export class RunFieldsResolver {
  constructor(@Inject(COMMANDS) private readonly commands: Commands) {}

  @ResolveField('plan')
  plan(@Parent() run: RunView): PlanView | null {
    return this.commands.planOf(run);
  }

  @ResolveField('tasks')
  tasks(
    @Caller() caller: CommandContext,
    @Parent() run: RunView,
    @Args() args: object,
  ): Promise<Connection<TaskView>> {
    return this.commands.tasks(caller, { ...args, runId: run.id });
  }

  @ResolveField('task')
  task(
    @Caller() caller: CommandContext,
    @Parent() run: RunView,
    @Args() args: object,
  ): Promise<TaskView | null> {
    return this.commands.task(caller, { ...args, runId: run.id });
  }

  @ResolveField('inputs')
  inputs(@Caller() caller: CommandContext, @Parent() run: RunView): Promise<JsonValue> {
    return this.commands.value(caller, run.storedInputs);
  }

  @ResolveField('output')
  output(@Caller() caller: CommandContext, @Parent() run: RunView): Promise<JsonValue> {
    return this.commands.value(caller, run.storedOutput);
  }

  @ResolveField('events')
  events(
    @Caller() caller: CommandContext,
    @Parent() run: RunView,
    @Args() args: object,
  ): Promise<Connection<EventView>> {
    return this.commands.events(caller, { ...args, runId: run.id });
  }

  @ResolveField('artefacts')
  artefacts(
    @Caller() caller: CommandContext,
    @Parent() run: RunView,
    @Args() args: object,
  ): Promise<Connection<ArtefactView>> {
    return this.commands.artefacts(caller, { ...args, runId: run.id });
  }

  @ResolveField('approvals')
  approvals(@Caller() caller: CommandContext, @Parent() run: RunView): Promise<ApprovalView[]> {
    return this.commands.approvalsOf(caller, run);
  }

  @ResolveField('waitingFor')
  waitingFor(@Caller() caller: CommandContext, @Parent() run: RunView): Promise<WaitReason | null> {
    return this.commands.waitingFor(caller, run);
  }

  @ResolveField('pauses')
  pauses(@Caller() caller: CommandContext, @Parent() run: RunView): Promise<Pause[]> {
    return this.commands.pauses(caller, run);
  }

  @ResolveField('estimate')
  estimate(@Parent() run: RunView): Estimate | null {
    return this.commands.estimateOf(run);
  }

  @ResolveField('budget')
  budget(@Caller() caller: CommandContext, @Parent() run: RunView): Promise<BudgetView | null> {
    return this.commands.budgetOf(caller, run);
  }

  @ResolveField('postMortem')
  postMortem(@Caller() caller: CommandContext, @Parent() run: RunView): Promise<PostMortem | null> {
    return this.commands.postMortem(caller, run);
  }
}
