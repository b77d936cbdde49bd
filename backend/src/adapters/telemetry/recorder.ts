import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Labels, Recorder } from '../../pipeline/ports.ts';
import { metrics, type MetricSpec } from './metrics.ts';

export interface PrometheusRecorder extends Recorder {
  /** Everything recorded so far in the Prometheus text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

type Instrument = Counter | Gauge | Histogram;

function instrument(name: string, spec: MetricSpec, registry: Registry): Instrument {
  const options = { name, help: spec.help, labelNames: [...spec.labels], registers: [registry] };
  if (spec.type === 'counter') return new Counter(options);
  if (spec.type === 'gauge') return new Gauge(options);
  return new Histogram({ ...options, ...(spec.buckets && { buckets: [...spec.buckets] }) });
}

function started(made: Instrument, { starts = [] }: MetricSpec): Instrument {
  for (const labels of starts)
    if (made instanceof Counter) made.inc(labels, 0);
    else if (made instanceof Histogram) made.zero(labels);
  return made;
}

/**
 * A recorder with a registry of its own, so that several may live in one process. Names and label keys are those of
 * `metrics.ts`; anything else throws, as does a number where another kind of metric was declared.
 *
 * @example
 * const recorder = createRecorder();
 * recorder.count('kubewise_verdicts_total', { verdict: 'Fixed' });
 * await recorder.text(); // … kubewise_verdicts_total{verdict="Fixed"} 1
 */
export function createRecorder(options: { readonly processMetrics?: boolean } = {}): PrometheusRecorder {
  const registry = new Registry();
  if (options.processMetrics ?? true) collectDefaultMetrics({ register: registry });
  const all = new Map(
    Object.entries(metrics).map(([name, spec]) => [name, started(instrument(name, spec, registry), spec)]),
  );

  function find(name: string): Instrument {
    const found = all.get(name);
    if (!found) throw new Error(`there is no metric ${name}; add it to adapters/telemetry/metrics.ts`);
    return found;
  }
  const wrong = (name: string, kind: string): Error => new Error(`${name} is not a ${kind}`);

  return {
    count(name: string, labels: Labels = {}, by = 1) {
      const found = find(name);
      if (!(found instanceof Counter)) throw wrong(name, 'counter');
      found.inc(labels, by);
    },
    observe(name: string, seconds: number, labels: Labels = {}) {
      const found = find(name);
      if (!(found instanceof Histogram)) throw wrong(name, 'histogram');
      found.observe(labels, seconds);
    },
    gauge(name: string, value: number, labels: Labels = {}) {
      const found = find(name);
      if (!(found instanceof Gauge)) throw wrong(name, 'gauge');
      found.set(labels, value);
    },
    resetGauge(name: string) {
      const found = find(name);
      if (!(found instanceof Gauge)) throw wrong(name, 'gauge');
      found.reset();
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
