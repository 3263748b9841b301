import type { CommandContext, Commands, ModelCallView, Progress, TaskView } from '#commands';
import type { JsonValue } from '#contracts';
import { Inject } from '@nestjs/common';
import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Caller } from '../graphql/caller.js';
import { COMMANDS } from '../tokens.js';

/** What of a task is looked up only when it is asked for. */
@Resolver('Task')
export class TaskFieldsResolver {
  constructor(@Inject(COMMANDS) private readonly commands: Commands) {}

  @ResolveField('input')
  input(@Caller() caller: CommandContext, @Parent() task: TaskView): Promise<JsonValue> {
    return this.commands.value(caller, task.storedInput);
  }

  @ResolveField('output')
  output(@Caller() caller: CommandContext, @Parent() task: TaskView): Promise<JsonValue> {
    return this.commands.value(caller, task.storedOutput);
  }

  @ResolveField('progress')
  progress(@Caller() caller: CommandContext, @Parent() task: TaskView): Promise<Progress | null> {
    return this.commands.progress(caller, task);
  }

  @ResolveField('modelCalls')
  modelCalls(@Caller() caller: CommandContext, @Parent() task: TaskView): Promise<ModelCallView[]> {
    return this.commands.modelCalls(caller, task);
  }
}
