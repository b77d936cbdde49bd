import type { Answer, Query } from '../model/index.ts';
import type { Ports } from './ports.ts';

/** Asks one typed, bounded question; a metric that cannot be had is an answer with an error, not a failure. */
async function ask(ports: Pick<Ports, 'kubernetes' | 'metrics' | 'clock'>, query: Query): Promise<Answer> {
  const at = ports.clock.now();
  if (query.kind !== 'Metric') return { ...(await ports.kubernetes.ask(query)), at };
  const answer = await ports.metrics.query(query.promql);
  if (!answer.ok) return { query, found: false, objects: [], values: [], error: answer.message, at };
  const values = answer.series.map((series) => ({
    labels: series.labels,
    value: series.values[series.values.length - 1] ?? NaN,
  }));
  return { query, found: values.length > 0, objects: [], values, at };
}

/** The answers to these questions, read now. */
export const answersTo = (
  ports: Pick<Ports, 'kubernetes' | 'metrics' | 'clock'>,
  queries: readonly Query[],
): Promise<Answer[]> => Promise.all(queries.map((query) => ask(ports, query)));
