import { isNexusError, nexusError } from '#contracts';
import type { Logger } from '#telemetry';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendError } from './http-error.js';
import { currentRequestId } from './request-context.js';
import { LOGGER } from '../tokens.js';
import { logUnexpected } from '../graphql/log-unexpected.js';

/** Hands errors of resolvers on to GraphQL, which presents them; answers those of controllers. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): unknown {
    if (host.getType<string>() === 'graphql') return error;
    const known = isNexusError(error) ? error : httpFault(error);
    logUnexpected(this.logger, known, currentRequestId());
    const http = host.switchToHttp();
    sendError(http.getRequest<IncomingMessage>(), http.getResponse<ServerResponse>(), known);
    return undefined;
  }
}

function httpFault(error: unknown): unknown {
  if (!(error instanceof HttpException)) return error;
  const status = error.getStatus();
  if (status === 404) return nexusError('NOT_FOUND', error.message, { hint: 'see / for what is where' });
  return status < 500 ? nexusError('BAD_USER_INPUT', error.message) : error;
}
