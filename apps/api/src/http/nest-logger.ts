import type { Logger } from '#telemetry';
import type { LoggerService } from '@nestjs/common';

/** Nest's own messages in our log: its notices of routes are of use to developers only. */
export function nestLogger(logger: Logger): LoggerService {
  const at = (level: 'trace' | 'debug' | 'warn' | 'error' | 'fatal') => {
    return (message: unknown, ...details: unknown[]): void => {
      logger[level](
        { nest: details.filter((detail) => typeof detail === 'string').join(' ') },
        String(message),
      );
    };
  };
  return {
    log: at('debug'),
    debug: at('debug'),
    verbose: at('trace'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
  };
}
