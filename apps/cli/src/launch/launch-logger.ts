import type { NexusConfig } from '#config';
import { createLogger } from '#telemetry';
import type { Logger, LogLevel } from '#telemetry';
import type { CliContext } from '../cli-context.js';

/** Where a person watches, only what they should look into is logged, unless they asked for more. */
export function launchLogger({ env, terminal }: CliContext, config: NexusConfig, calm?: LogLevel): Logger {
  const quiet = calm ?? (terminal.talk.isTerminal ? 'warn' : config.logLevel);
  return createLogger({ level: env['NEXUS_LOG_LEVEL'] ? config.logLevel : quiet });
}
