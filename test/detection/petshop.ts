import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hitsOf, ranked, scored, type Calls, type Hits, type Member } from './culprits.ts';

const day = 86_400;

/** A table of PetShop: services, metrics and statistics in three rows of header, Unix seconds in the first column. */
interface Table {
  readonly times: readonly number[];
  readonly columns: readonly { readonly service: string; readonly name: string; readonly values: readonly number[] }[];
}

function tableOf(path: string): Table {
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  const [services = [], metrics = [], statistics = [], , ...rows] = lines.map((line) => line.trim().split(','));
  const columns = services.slice(1).map((service, i) => ({
    service,
    name: `${metrics[i + 1]} ${statistics[i + 1]}`,
    values: rows.map((row) => (row[i + 1] ? Number(row[i + 1]) : NaN)),
  }));
  return { times: rows.map((row) => Number(row[0])), columns };
}

/** A matrix of who calls whom. */
function callsIn(path: string): Calls {
  const [header = [], ...rows] = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(','));
  const called = (row: readonly string[]) => header.filter((_, i) => i > 0 && Number(row[i]) > 0);
  return new Map(rows.map((row) => [row[0] ?? '', called(row)]));
}

/** Every service's metrics of the healthy days, and of the issue some days later at its time of the day. */
function membersOf(healthy: Table, issue: Table): { readonly members: readonly Member[]; readonly later: number } {
  const [end, start] = [healthy.times.at(-1) ?? 0, issue.times[0] ?? 0];
  const later = Math.ceil((end + 1 - start) / day) * day;
  const times = [...healthy.times, ...issue.times.map((time) => time + later)];
  const unknown = healthy.times.map(() => NaN);
  const before = new Map(healthy.columns.map(({ service, name, values }) => [`${service} ${name}`, values]));
  const services = new Map<string, number[][]>();
  for (const { service, name, values } of issue.columns) {
    const columns = services.get(service) ?? [];
    services.set(service, columns);
    columns.push([...(before.get(`${service} ${name}`) ?? unknown), ...values]);
  }
  return { members: [...services].map(([service, columns]) => scored(service, { times, columns })), later };
}

interface Issue {
  readonly target: { readonly timestamp: number };
  readonly root_cause: { readonly node: string };
}

function rankOf(folder: string, healthy: Table, calls: Calls): number {
  const { target, root_cause: cause } = JSON.parse(readFileSync(join(folder, 'target.json'), 'utf8')) as Issue;
  const { members, later } = membersOf(healthy, tableOf(join(folder, 'metrics.csv')));
  // A row tells of the five minutes after its time; the first one of an issue may have begun before it.
  const from = target.timestamp - 300 + later;
  return ranked(members, calls, from, Infinity).indexOf(cause.node);
}

export interface PetshopResult extends Hits {
  readonly issues: number;
  /** Services that the root cause is looked for among. */
  readonly services: number;
}

/**
 * Root causes of PetShop's issues, under both kinds of traffic: two healthy days, then the minutes of the issue. Only the
 * low traffic has healthy days; they stand for the other kind, too.
 */
export function petshop(data: string): PetshopResult {
  const healthy = tableOf(join(data, 'low_traffic', 'noissue', 'metrics.csv'));
  const ranks = readdirSync(data).flatMap((traffic) => {
    const calls = callsIn(join(data, traffic, 'graph.csv'));
    return ['train', 'test'].flatMap((part) =>
      readdirSync(join(data, traffic, part)).map((issue) => rankOf(join(data, traffic, part, issue), healthy, calls)),
    );
  });
  const services = new Set(healthy.columns.map(({ service }) => service)).size;
  return { issues: ranks.length, services, ...hitsOf(ranks) };
}
