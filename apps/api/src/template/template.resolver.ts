import type { CommandContext, Commands, TemplatePayload, TemplateView } from '#commands';
import { Inject } from '@nestjs/common';
import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Caller } from '../graphql/caller.js';
import { COMMANDS } from '../tokens.js';

/** Named, versioned plans. */
@Resolver()
export class TemplateResolver {
  constructor(@Inject(COMMANDS) private readonly commands: Commands) {}

  @Query('templates')
  templates(@Caller() caller: CommandContext): Promise<TemplateView[]> {
    return this.commands.templates(caller);
  }

  @Mutation('saveTemplate')
  saveTemplate(@Caller() caller: CommandContext, @Args() args: object): Promise<TemplatePayload> {
    return this.commands.saveTemplate(caller, args);
  }
}
