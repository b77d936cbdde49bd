import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readBytes, readConnection, readText, writeBytes, writeText } from '../adapters/files/index.ts';
import { pagerDutyUrl, type Receiver } from '../adapters/notify/index.ts';
import { openMongoStore } from '../adapters/mongodb/index.ts';
import { createMetricsSource } from '../adapters/prometheus/index.ts';
import { createRemoteWriteSource, type RemoteWriteSource } from '../adapters/remote-write/index.ts';
import { openSqliteStore, type SqliteStore } from '../adapters/sqlite/index.ts';
import type { Config } from '../config.ts';
import type { WatchedQuery } from '../model/index.ts';
import { defaultQueries } from '../pipeline/collect/index.ts';
import type { Clock, Log, MetricsSource, Operations, Ports, Store } from '../pipeline/ports.ts';

export const formatOf = (config: Config): 'json' | 'text' =>
  config.LOG_FORMAT ?? (process.stdout.isTTY ? 'text' : 'json');

const saidAtMost = 1000;

/** One document that cannot be read must not keep the others from being found; it is said once, however often it is met. */
function unreadableTo(log: Log) {
  const said = new Set<string>();
  return (document: { readonly collection: string; readonly id: string; readonly message: string }): void => {
    const key = `${document.collection}/${document.id}`;
    if (said.has(key) || said.size >= saidAtMost) return;
    said.add(key);
    log.error({ module: 'store', ...document }, 'a stored document cannot be read; it is left as it is');
  };
}

export function openStore(config: Config, log: Log): Promise<Store & Partial<Pick<SqliteStore, 'backup'>>> {
  const onUnreadable = unreadableTo(log);
  if (!config.MONGO_URI) return openSqliteStore({ path: join(config.DATA_DIR, 'kubewise.db'), onUnreadable });
  return openMongoStore({
    uri: config.MONGO_URI,
    database: config.MONGODB_DB_NAME,
    maxPoolSize: config.MONGO_MAX_POOL_SIZE,
    minPoolSize: config.MONGO_MIN_POOL_SIZE,
    onUnreadable,
  });
}

/** For what nobody keeps: a replay of history. */
export const openEmptyStore = (): Promise<Store> => openSqliteStore({ path: ':memory:' });

/** A copy beside the database; a second one replaces the first. */
export const backupTo =
  (path: string, copy: (path: string) => Promise<void>): NonNullable<Operations['backup']> =>
  async () => {
    await copy(path);
    return { ok: true, value: { path, bytes: statSync(path).size } };
  };

export function metricsOf(config: Config, clock: Clock, recorder: Ports['recorder'], log: Log) {
  const { PROM_USERNAME: username, PROM_PASSWORD: password } = config;
  return createMetricsSource({
    url: config.PROM_URL,
    timeoutSeconds: config.PROM_TIMEOUT,
    maxSeriesPerQuery: config.PROM_MAX_SERIES_PER_QUERY,
    maxSeriesTotal: config.PROM_MAX_SERIES,
    ...(config.PROM_BEARER_TOKEN && { bearerToken: config.PROM_BEARER_TOKEN }),
    ...(username && password && { basic: { username, password } }),
    ...(config.PROM_TENANT && { tenant: config.PROM_TENANT }),
    ...(config.PROM_CA_FILE && { caFile: config.PROM_CA_FILE }),
    clock,
    recorder,
    log,
  });
}

/** With SAMPLE_SOURCE=remote_write: samples are pushed here; the Prometheus that is asked otherwise knows the history. */
export const pushedTo = (config: Config, history: MetricsSource, clock: Clock, recorder: Ports['recorder']) =>
  config.SAMPLE_SOURCE === 'remote_write'
    ? createRemoteWriteSource({
        queries: queryTexts(config.PROM_QUERIES ?? defaultQueries),
        filter: {
          ...(config.REMOTE_WRITE_KEEP && { keep: config.REMOTE_WRITE_KEEP }),
          ...(config.REMOTE_WRITE_DROP && { drop: config.REMOTE_WRITE_DROP }),
        },
        maxSeries: config.PROM_MAX_SERIES,
        ...{ history, clock, recorder },
      })
    : undefined;

/** Queries that people save at run time count from the next body on: which series are kept follows from them. */
export function writeTo(
  pushed: RemoteWriteSource,
  queries: () => readonly string[],
): NonNullable<Operations['receiveWrite']> {
  let known = '';
  return async (body) => {
    const asked = queries();
    const texts = asked.join('\n');
    if (texts !== known) pushed.watch(asked);
    known = texts;
    const received = pushed.receive(body);
    if (received.ok) return { ok: true, value: { samples: received.samples } };
    const reason = received.status === 413 ? 'BodyTooLarge' : 'NotAWriteRequest';
    return { ...received, reason };
  };
}

export const queryTexts = (queries: readonly WatchedQuery[]): readonly string[] => queries.map(({ query }) => query);

export function webhooksOf(config: Config): readonly Receiver[] {
  const { SLACK_WEBHOOK_URL: slack, PAGERDUTY_ROUTING_KEY: routingKey, PAGERDUTY_URL: url = pagerDutyUrl } = config;
  return [
    ...config.NOTIFY_WEBHOOKS,
    ...(slack ? [{ kind: 'slack' as const, url: slack }] : []),
    ...(routingKey ? [{ kind: 'pagerduty' as const, url, routingKey }] : []),
  ];
}

/** The configured tokens; without any, one admin token that is made once and kept beside the database. */
export function tokensOf(config: Config, connectionFile: string) {
  const admin = config.AUTH_TOKENS.find((one) => one.role === 'admin');
  if (config.AUTH_TOKENS.length > 0)
    return { tokens: config.AUTH_TOKENS, admin: (admin ?? config.AUTH_TOKENS[0])?.token ?? '' };
  const token = readConnection(connectionFile)?.token ?? randomBytes(24).toString('base64url');
  return { tokens: [{ id: 'admin', role: 'admin' as const, token }], admin: token };
}

/** State beside the database: of the detectors, of the false-alarm budget. */
export const snapshotsOf = (config: Config, what: 'detectors' | 'budget') => {
  const path = join(config.DATA_DIR, `${what}.snapshot`);
  return { read: () => readBytes(path), write: (bytes: Uint8Array) => writeBytes(path, bytes) };
};

export const modelFileOf = (path: string) => ({
  path,
  read: () => readText(path),
  write: (text: string) => writeText(path, text),
});
