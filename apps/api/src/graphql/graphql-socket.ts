import { newId } from '#contracts';
import type { Logger } from '#telemetry';
import type { GraphQLWsSubscriptionsConfig } from '@nestjs/graphql';
import {
  type DocumentNode,
  type ExecutionArgs,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  parse,
  validate,
} from 'graphql';
import { contextFor, type GraphqlContext } from './graphql-context.js';
import { presentError } from './present-error.js';
import { logUnexpected } from './log-unexpected.js';
import { checkQueryLimits } from './query-limits.js';

interface SubscribeRequest {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
}

/**
 * GraphQL over WebSocket with the limits and errors of GraphQL over HTTP. Each operation has a request ID of
 * its own, since a socket lives long.
 */
export function graphqlSocket(schema: () => GraphQLSchema, logger: Logger): GraphQLWsSubscriptionsConfig {
  const present = (errors: readonly GraphQLError[], requestId: string): GraphQLFormattedError[] =>
    errors.map((error) => {
      logUnexpected(logger, error, requestId);
      return presentError(error, requestId);
    });
  return {
    onSubscribe: (_socket, _id, payload) => {
      const requestId = newId('req');
      const prepared = prepare(schema(), payload, contextFor(requestId));
      return isRefusal(prepared) ? present(prepared, requestId).map(asGraphqlError) : prepared;
    },
    onNext: (_socket, _id, _payload, args, result): FormattedExecutionResult => {
      const { requestId } = (args.contextValue as GraphqlContext).command;
      const data = result.data ?? null;
      return result.errors ? { data, errors: present(result.errors, requestId) } : { data };
    },
  };
}

function isRefusal(prepared: ExecutionArgs | readonly GraphQLError[]): prepared is readonly GraphQLError[] {
  return Array.isArray(prepared);
}

function prepare(
  schema: GraphQLSchema,
  request: SubscribeRequest,
  contextValue: GraphqlContext,
): ExecutionArgs | readonly GraphQLError[] {
  const document = parsed(request.query);
  if (document instanceof GraphQLError) return [document];
  const faults = validate(schema, document);
  if (faults.length > 0) return faults.map((fault) => withCode(fault, 'GRAPHQL_VALIDATION_FAILED'));
  const variables = request.variables ?? {};
  try {
    checkQueryLimits(document, request.operationName, variables);
  } catch (error) {
    const originalError = error as Error;
    return [new GraphQLError(originalError.message, { originalError })];
  }
  return { schema, document, operationName: request.operationName, variableValues: variables, contextValue };
}

function parsed(query: string): DocumentNode | GraphQLError {
  try {
    return parse(query);
  } catch (error) {
    return withCode(error as GraphQLError, 'GRAPHQL_PARSE_FAILED');
  }
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  error.extensions['code'] = code;
  return error;
}

function asGraphqlError({ message, extensions }: GraphQLFormattedError): GraphQLError {
  return new GraphQLError(message, extensions ? { extensions } : {});
}
