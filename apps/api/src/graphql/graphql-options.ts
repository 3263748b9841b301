import { isNexusError, nexusError } from '#contracts';
import type { Logger } from '#telemetry';
import type { ApolloServerPlugin } from '@apollo/server';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLError, type GraphQLSchema, OperationTypeNode } from 'graphql';
import { readFileSync } from 'node:fs';
import { currentRequestId } from '../http/request-context.js';
import { contextFor, type GraphqlContext } from './graphql-context.js';
import { graphqlSocket } from './graphql-socket.js';
import { logUnexpected } from './log-unexpected.js';
import { presentError } from './present-error.js';
import { checkQueryLimits } from './query-limits.js';
import { unavailableOperations } from '../unavailable/unavailable-operations.js';
import { scalars } from './scalars.js';

/** The schema as text: the source of the server's own. */
export const schemaText = readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8');

export interface GraphqlSettings {
  readonly logger: Logger;
  readonly introspection: boolean;
  /** The schema with its resolvers, once the application has been initialised. */
  readonly schema: () => GraphQLSchema;
}

/** How GraphQL is served. */
export function graphqlOptions({ logger, introspection, schema }: GraphqlSettings): ApolloDriverConfig {
  return {
    driver: ApolloDriver,
    path: '/graphql',
    typeDefs: schemaText,
    resolvers: { ...scalars, ...unavailableOperations },
    introspection,
    csrfPrevention: true,
    graphiql: false,
    persistedQueries: false,
    autoTransformHttpErrors: false,
    includeStacktraceInErrorResponses: false,
    plugins: [refuseEarly],
    context: () => contextFor(currentRequestId()),
    formatError: (_formatted, error) => {
      const requestId = currentRequestId();
      logUnexpected(logger, error, requestId);
      return presentError(error as GraphQLError, requestId);
    },
    subscriptions: { 'graphql-ws': graphqlSocket(schema, logger) },
  };
}

const refuseEarly: ApolloServerPlugin<GraphqlContext> = {
  requestDidStart: () =>
    Promise.resolve({
      didResolveOperation: ({ document, operation, operationName, request }) => {
        try {
          if (operation?.operation === OperationTypeNode.SUBSCRIPTION) throw socketNeeded();
          checkQueryLimits(document, operationName, request.variables ?? {});
        } catch (error) {
          if (!isNexusError(error)) throw error;
          throw new GraphQLError(error.message, {
            originalError: error,
            extensions: { http: { status: 400 } },
          });
        }
        return Promise.resolve();
      },
    }),
};

function socketNeeded(): Error {
  return nexusError('BAD_USER_INPUT', 'a subscription needs a WebSocket', {
    hint: 'connect to the same address with the protocol graphql-transport-ws',
  });
}
