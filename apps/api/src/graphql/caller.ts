import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { CommandContext } from '#commands';
import type { GraphqlContext } from './graphql-context.js';

/** The caller of a resolver, as commands see it. */
export const Caller = createParamDecorator((_data: unknown, context: ExecutionContext): CommandContext => {
  // Of a resolver's four arguments the third is GraphQL's context.
  return context.getArgByIndex<GraphqlContext>(2).command;
});
