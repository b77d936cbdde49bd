import { pino, type DestinationStream, type Logger } from 'pino';
import { PinoPretty } from 'pino-pretty';
import type { Log } from '../../pipeline/ports.ts';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'json' | 'text';
  /** Also written to this file, always as JSON. */
  readonly file?: string;
  /** Where the log goes; default: standard error, so that standard output stays the program's own. */
  readonly to?: DestinationStream;
}

/** Fields that must never be read in a log, at the top and one level below. */
const secretNames = [
  'token',
  'password',
  'secret',
  'authorization',
  'Authorization',
  'apiKey',
  'cookie',
  'approveSecret',
  'x-kubewise-approve',
  'x-grafana-id',
];
const redact = { paths: secretNames.flatMap((name) => [`["${name}"]`, `*["${name}"]`]), censor: '********' };
/** Secrets inside sentences: credentials in URLs, bearer tokens, keys in query strings. */
const inText: readonly (readonly [RegExp, string])[] = [
  [/(\/\/[^/@\s:]+:)[^/@\s]+@/g, '$1********@'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, '$1 ********'],
  [/\b(key|token|api_key|apikey|password|access_token)=[^&\s"']+/gi, '$1=********'],
];
/** The sentence without the secrets that a URL or a header in an error message may carry. */
export const withoutSecrets = (sentence: string): string =>
  inText.reduce((text, [pattern, stars]) => text.replace(pattern, stars), sentence);

/** Errors by OpenTelemetry's names, with their cause; other text fields without secrets. */
function cleaned(fields: object): object {
  const entries = Object.entries(fields).flatMap(([key, value]): [string, unknown][] => {
    if (value instanceof Error) return errorFields(value);
    return [[key, typeof value === 'string' ? withoutSecrets(value) : value]];
  });
  return Object.fromEntries(entries);
}
function errorFields(error: Error): [string, unknown][] {
  const cause = error.cause instanceof Error ? `; because ${error.cause.message}` : '';
  return [
    ['error.type', error.name],
    ['error.message', withoutSecrets(error.message + cause)],
    ['exception.stacktrace', withoutSecrets(error.stack ?? '')],
  ];
}

function destination(options: LogOptions): DestinationStream {
  const out = options.to ?? pino.destination({ dest: 2, sync: true });
  const shown =
    options.format === 'text'
      ? PinoPretty({
          colorize: process.stderr.isTTY,
          translateTime: 'SYS:HH:MM:ss',
          ignore: 'pid,hostname',
          ...prettyTo(out),
        })
      : out;
  if (!options.file) return shown;
  const file = pino.destination({ dest: options.file, mkdir: true, sync: true });
  return pino.multistream([
    { level: options.level, stream: shown },
    { level: options.level, stream: file },
  ]);
}
const prettyTo = (out: DestinationStream) => ({
  destination: out as NodeJS.WritableStream & DestinationStream,
  sync: true,
});

/** Structured log lines on pino. Levels: `error` = a person should look, `warn` = degraded but handled. */
export function createLog(options: LogOptions): Log & { setLevel(level: LogOptions['level']): void } {
  const logger: Logger = pino(
    {
      level: options.level,
      base: { 'service.name': 'kubewise' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact,
    },
    destination(options),
  );
  const write =
    (level: LogOptions['level']) =>
    (fields: object, message: string): void =>
      logger[level](cleaned(fields), withoutSecrets(message));
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    setLevel: (level) => void (logger.level = level),
  };
}
