import SnappyJS from 'snappyjs';
import { createRemoteWriteSource } from '../../backend/src/adapters/remote-write/index.ts';

export interface Intake {
  readonly name: string;
  readonly series: number;
  readonly samplesPerSecond: number;
  readonly bytesPerSeries: number;
}

const start = 1_700_000_000;
const query = 'sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{container!=""}[5m]))';
const quiet = (): void => undefined;
const recorder = { count: quiet, observe: quiet, gauge: quiet, resetGauge: quiet };

const text = new TextEncoder();
/** Protobuf by hand: tag, length below 2^14, content. */
function field(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  const head = length < 128 ? [tag, length] : [tag, (length & 127) | 128, length >> 7];
  return Uint8Array.from([...head, ...content]);
}
const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const label = (name: string, value: string): Uint8Array =>
  field(0x0a, joined([field(0x0a, text.encode(name)), field(0x12, text.encode(value))]));

function sample(value: number, at: number): Uint8Array {
  const bytes = [0x09, ...new Uint8Array(Float64Array.of(value).buffer), 0x10];
  let rest = at * 1000;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return field(0x12, Uint8Array.from([...bytes, rest]));
}

/** A container's CPU counter with the labels that cAdvisor gives it: about 230 bytes. */
function labels(i: number): Uint8Array {
  const pod = `checkout-7d9f8c6b5-${String(i).padStart(7, '0')}`;
  return joined([
    label('__name__', 'container_cpu_usage_seconds_total'),
    label('container', 'server'),
    label('cpu', 'total'),
    label('id', `/kubepods/burstable/pod${i}/abcdef0123456789`),
    label('instance', `10.0.${i % 250}.1:10250`),
    label('job', 'kubelet'),
    label('namespace', `team-${i % 50}`),
    label('pod', pod),
  ]);
}

/** One scrape of all series in bodies of 2000 samples, as Prometheus sends it. */
function bodies(all: readonly Uint8Array[], round: number): Uint8Array[] {
  const made: Uint8Array[] = [];
  for (let from = 0; from < all.length; from += 2000) {
    const part = all
      .slice(from, from + 2000)
      .map((one, i) => field(0x0a, joined([one, sample(from + i + round * 15.5, start + 15 * round)])));
    made.push(SnappyJS.compress(joined(part)));
  }
  return made;
}

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** snappy → decode → find the series → ring, then the query over it; CPU time on one core. */
export function remoteWrite(series: number, rounds: number): readonly Intake[] {
  let now = start;
  const source = createRemoteWriteSource({ queries: [query], maxSeries: series, clock: { now: () => now }, recorder });
  const all = Array.from({ length: series }, (_, i) => labels(i));
  let [seconds, samples] = [0, 0];
  for (let round = 0; round <= rounds; round += 1) {
    const sent = bodies(all, round);
    now = start + 15 * round;
    const from = cpuSeconds();
    for (const body of sent) {
      const received = source.receive(body);
      if (!received.ok) throw new Error(received.message);
      if (round > 0) samples += received.samples;
    }
    // The first round makes the series.
    if (round > 0) seconds += cpuSeconds() - from;
  }
  const bytesPerSeries = Math.round(source.state().bytes / series);
  return [
    {
      name: 'remote write: snappy, decode, ring',
      series,
      samplesPerSecond: Math.round(samples / seconds),
      bytesPerSeries,
    },
  ];
}
