import { type DestinationStream, type Logger as PinoLogger, pino, stdSerializers } from 'pino';

/** The logger of every part: `logger.info({ runId }, 'run started')`. */
export type Logger = PinoLogger;

export type LogLevel = 'silent' | 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';

export interface LogOptions {
  readonly level?: LogLevel | undefined;
  /** Where lines go; the default is stderr, since stdout carries data. */
  readonly destination?: DestinationStream | undefined;
}

/** Fields that never reach a log line, wherever a caller puts them, one level deep or at the top. */
const secretFields = ['authorization', 'cookie', 'apiKey', 'password', 'secret', 'token'];

/** Makes a logger that writes one JSON object a line, times in UTC. */
export function createLogger(options: LogOptions = {}): Logger {
  return pino(
    {
      level: options.level ?? 'info',
      base: {},
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: stdSerializers.err },
      redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`]), censor: '***' },
    },
    options.destination ?? pino.destination(2),
  );
}
