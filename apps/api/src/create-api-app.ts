import type { Commands } from '#commands';
import { nexusError } from '#contracts';
import type { Logger } from '#telemetry';
import { NestFactory } from '@nestjs/core';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import 'reflect-metadata';
import { ApiModule } from './api.module.js';
import { graphqlOptions } from './graphql/graphql-options.js';
import { createReadiness, type Dependency } from './health/readiness.js';
import { type HomeFacts, homePage } from './home/home-page.js';
import { foreignRequest, isLoopback } from './http/host-guard.js';
import { bodyErrors, maxBodyBytes, sendError } from './http/http-error.js';
import { nestLogger } from './http/nest-logger.js';
import { requestContext } from './http/request-context.js';

export interface ApiDeps {
  readonly commands: Commands;
  readonly logger: Logger;
  /** What `/readyz` asks. */
  readonly dependencies: readonly Dependency[];
}

export interface ApiOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Whether clients may ask for the schema. */
  readonly introspection: boolean;
  readonly home: HomeFacts;
}

export interface ApiApp {
  readonly listen: () => Promise<{ readonly url: string }>;
  /** `/readyz` says no from now on; requests are still served. */
  readonly drain: () => void;
  /** Serves what is under way, ends subscriptions (their cursors resume elsewhere), lets go of the port. */
  readonly close: () => Promise<void>;
}

/** The API server: every door over one set of commands. */
export async function createApiApp(
  { commands, logger, dependencies }: ApiDeps,
  options: ApiOptions,
): Promise<ApiApp> {
  const readiness = createReadiness(dependencies);
  const graphql = graphqlOptions({
    logger,
    introspection: options.introspection,
    schema: () => app.get(GraphQLSchemaHost).schema,
  });
  const parts = { commands, logger, readiness, home: homePage(options.home), graphql };
  const app: NestExpressApplication = await NestFactory.create<NestExpressApplication>(
    ApiModule.with(parts),
    new ExpressAdapter(),
    { bodyParser: false, logger: nestLogger(logger), abortOnError: false, forceCloseConnections: true },
  );
  app.disable('x-powered-by');
  app.use(requestContext);
  if (isLoopback(options.host)) guardLoopback(app);
  app.useBodyParser('json', { limit: maxBodyBytes, type: ['application/json', 'application/*+json'] });
  app.use(bodyErrors);
  await app.init();
  return {
    listen: () => listen(app, options),
    drain: readiness.drain,
    close: async () => {
      readiness.drain();
      await app.close();
    },
  };
}

function guardLoopback(app: NestExpressApplication): void {
  app.use((request: IncomingMessage, response: never, next: () => void) => {
    const refusal = foreignRequest(request);
    if (refusal) sendError(request, response, refusal);
    else next();
  });
  // Before GraphQL's own listener, which finds the socket gone.
  const server = app.getHttpServer();
  server.prependListener('upgrade', (request: IncomingMessage, socket: Duplex) => {
    if (foreignRequest(request)) socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n').destroy();
  });
}

async function listen(
  app: NestExpressApplication,
  { host, port }: ApiOptions,
): Promise<{ readonly url: string }> {
  try {
    await app.listen(port, host);
  } catch (error) {
    throw cannotListen(error, host, port);
  }
  const address = app.getHttpServer().address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return { url: `http://${name}:${address.port}` };
}

function cannotListen(error: unknown, host: string, port: number): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Readonly<Record<string, readonly [string, string]>> = {
    EADDRINUSE: ['another program listens there', 'stop it, or choose another port with NEXUS_PORT'],
    EACCES: ['this user may not open that port', 'choose a port above 1023 with NEXUS_PORT'],
    EADDRNOTAVAIL: ['this machine has no such address', 'bind to an address of this machine'],
  };
  const [reason, hint] = reasons[code ?? ''] ?? [message, undefined];
  return nexusError('FAILED_PRECONDITION', `the API cannot listen on ${host}:${port}: ${reason}`, {
    hint,
    cause: error,
  });
}
