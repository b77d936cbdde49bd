import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { request as ask } from 'undici';
import { parseAnswer } from '../../backend/src/adapters/prometheus/answer.ts';
import { textOf } from '../../backend/src/adapters/prometheus/http.ts';
import { createRemoteWriteSource } from '../../backend/src/adapters/remote-write/index.ts';
import type { QuerySeries, Topology, WatchedQuery } from '../../backend/src/model/index.ts';
import { createAnswerRows, createSeriesTable } from '../../backend/src/pipeline/collect/index.ts';
import { createDetection, type Batch } from '../../backend/src/pipeline/detect/index.ts';
import { startPrometheus } from '../integration/prometheus.ts';
import { valueOf } from './throughput.ts';

/** CPU time of one part of the way from a sample to its score, on one core, in nanoseconds per sample. */
export interface Part {
  readonly source: 'poll' | 'remote write';
  readonly part: string;
  /** The first time: every series is new, and so is the code to its compiler. */
  readonly cold: number;
  /** From then on, when the series are known: the median of the rounds. */
  readonly warm: number;
  /** Is it done once for each push, or when the values are evaluated? */
  readonly when: 'push' | 'evaluation';
}

const query: WatchedQuery = {
  name: 'cpu',
  query: 'sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{container!=""}[5m]))',
  metricType: 'cpu',
  unit: 'cores',
  aggregate: 'sum',
  direction: 'up',
};
const interval = 10;
/** Rounds that make series and let the compiler see the code, then rounds that count. */
const [warmUp, counted] = [5, 6];
/** How long the counters have been counting (s): as long as a rate is new it moves, and every series is conspicuous. */
const age = 3600;
const pushed = 'snappy, decode, ring';
/** Rounds of history that the detectors have. */
const lived = 60;

const quiet = (): void => undefined;
const recorder = { count: quiet, observe: quiet, gauge: quiet, resetGauge: quiet };
const nothing = () => [];
/** Pods without owners, so that every series is a target of its own. */
const topology: Topology = {
  ...{ cluster: 'bench', ownerOf: () => undefined, revision: () => 0, object: () => undefined },
  ...{ podsOf: nothing, labelsOf: () => ({}), namespaces: nothing, targets: nothing, interventions: nothing },
};

/** Processor time of this thread: the collector's helpers work for all parts alike, and zlib unzips in a thread of its own. */
const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/** CPU counters of `series` containers with the labels that cAdvisor gives them. */
function exposition(series: number, seconds: number): string {
  const lines: string[] = [];
  for (let i = 0; i < series; i += 1) {
    const name = `checkout-7d9f8c6b5-${String(i).padStart(6, '0')}`;
    const labels = `container="server",cpu="total",id="/kubepods/burstable/pod${i}/abcdef0123456789",namespace="team-${i % 50}",pod="${name}"`;
    lines.push(
      `container_cpu_usage_seconds_total{${labels}} ${(age + seconds) * (1 + (i % 17)) + valueOf(i, seconds)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** From the series of one answer to their scores. */
class Watch {
  readonly #detection = createDetection({ thresholds: {} });
  readonly #table = createSeriesTable((row) =>
    this.#detection.add(row.row, { metricType: 'cpu', direction: 'up', key: row.key, targetKey: row.targetKey }),
  );
  readonly #rows = createAnswerRows(query, this.#table);
  readonly #batch: { -readonly [K in keyof Batch]: Batch[K] };
  #born = false;

  constructor(series: number) {
    const [rows, values, masked] = [new Uint32Array(series), new Float64Array(series), new Uint8Array(series)];
    this.#batch = { rows, values, masked, timestamp: 0, count: 0 };
  }

  map(series: readonly QuerySeries[], at: number): void {
    this.#batch.count = 0;
    this.#batch.timestamp = at;
    this.#rows.read(series, topology, ({ row }, value) => {
      this.#batch.rows[this.#batch.count] = row;
      this.#batch.values[this.#batch.count] = value;
      this.#batch.count += 1;
    });
  }

  score(): void {
    this.#detection.observe(this.#batch);
  }

  /** Gives series that are new a history of values about the first one. */
  live(): void {
    if (this.#born || this.#batch.count === 0) return;
    this.#born = true;
    const at = this.#batch.timestamp;
    const values = this.#batch.values.slice();
    for (let round = 0; round < lived; round += 1) {
      this.#batch.timestamp = at - interval * (lived - round);
      for (let i = 0; i < this.#batch.count; i += 1)
        this.#batch.values[i] = values[i]! * (0.9 + (valueOf(i, round) - (i % 17)) / 100);
      this.#detection.replay(this.#batch);
    }
    this.#batch.timestamp = at;
    this.#batch.values.set(values);
  }
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** What parts cost, round by round. */
class Costs {
  readonly #now = new Map<string, number>();
  readonly #rounds = new Map<string, number[]>();

  take<T>(part: string, work: () => T): T {
    const from = cpuMs();
    const done = work();
    this.add(part, cpuMs() - from);
    return done;
  }

  add(part: string, ms: number): void {
    this.#now.set(part, (this.#now.get(part) ?? 0) + ms);
  }

  /** A round is over; while others use the machine, more than one push may have come in it. */
  close(pushes: number): void {
    for (const [part, ms] of this.#now)
      this.#rounds.set(part, [...(this.#rounds.get(part) ?? []), part === pushed ? ms / pushes : ms]);
    this.#now.clear();
  }

  parts(source: Part['source'], samples: number): readonly Part[] {
    const each = (ms: number): number => Math.round((ms * 1e6) / samples);
    return [...this.#rounds].map(([part, rounds]) => ({
      ...{ source, part, when: part === pushed ? 'push' : 'evaluation' },
      ...{ cold: each(rounds[0] ?? NaN), warm: each(median(rounds.slice(-counted))) },
    }));
  }
}

/** What else this thread does while it waits: it is the target that is scraped, and it takes pushes. */
class Aside {
  #spent = 0;

  do<T>(work: () => T): T {
    const from = cpuMs();
    const done = work();
    this.#spent += cpuMs() - from;
    return done;
  }

  /** Processor time until now without all that (ms). */
  cpuMs(): number {
    return cpuMs() - this.#spent;
  }
}

async function polled(url: string, watch: Watch, costs: Costs, aside: Aside, series: number): Promise<void> {
  const at = Date.now() / 1000;
  const form = new URLSearchParams({ query: query.query, time: String(at) });
  const answer = await ask(`${url}/api/v1/query?${form}`, { headers: { 'accept-encoding': 'gzip' } });
  const before = aside.cpuMs();
  const text = await textOf(answer);
  costs.add('take over the body', aside.cpuMs() - before);
  const body = costs.take('JSON.parse', (): unknown => JSON.parse(text));
  const parsed = costs.take('typed arrays', () => parseAnswer(body, series));
  costs.take('map to targets', () => watch.map(parsed.series, at));
  watch.live();
  costs.take('score', () => watch.score());
}

/** A real Prometheus that scrapes `series` counters and pushes them to us; we poll it as well. */
export async function intake(series: number): Promise<readonly Part[]> {
  const since = Date.now() / 1000;
  const clock = { now: () => Date.now() / 1000 };
  const source = createRemoteWriteSource({ queries: [query.query], maxSeries: series, clock, recorder });
  const [poll, push] = [new Costs(), new Costs()];
  const [polling, pushing] = [new Watch(series), new Watch(series)];
  const aside = new Aside();
  let arrived = 0;
  const exporter = createServer((_request, response) =>
    aside.do(() => response.end(exposition(series, Date.now() / 1000 - since))),
  );
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const received = aside.do(() => push.take(pushed, () => source.receive(body)));
      if (received.ok) arrived += received.samples - received.ignored;
      response.writeHead(received.ok ? 204 : received.status).end();
    });
  });
  const remoteWrite = `${await listening(receiver)}/api/v1/write`;
  const target = `${await listening(exporter)}/metrics`;
  const prometheus = await startPrometheus({ bench: target }, interval, { remoteWrite });
  try {
    for (let round = 0; round <= warmUp + counted; round += 1) {
      const before = arrived;
      for (let tries = 0; arrived < before + series; tries += 1) {
        if (tries > 600) throw new Error('nothing was pushed within 60 s');
        await pause(100);
      }
      // Two samples make a rate.
      if (round > 0) {
        const at = Date.now() / 1000;
        const rated = await ratedBy(source, push, at);
        push.take('map to targets', () => pushing.map(rated, at));
        pushing.live();
        push.take('score', () => pushing.score());
        await polled(prometheus.url, polling, poll, aside, series);
      }
      for (const costs of [push, poll]) costs.close((arrived - before) / series);
    }
  } finally {
    await prometheus.stop();
    for (const server of [exporter, receiver]) {
      server.closeAllConnections();
      server.close();
    }
  }
  return [...poll.parts('poll', series), ...push.parts('remote write', series)];
}

async function ratedBy(
  source: ReturnType<typeof createRemoteWriteSource>,
  costs: Costs,
  at: number,
): Promise<readonly QuerySeries[]> {
  const from = cpuMs();
  const answer = await source.query(query.query, at);
  costs.add('rate, sum by pod', cpuMs() - from);
  if (!answer.ok) throw new Error(answer.message);
  return answer.series;
}
