import { targetKey, type WatchedQuery } from '../model/index.ts';
import { aggregate } from './collect/index.ts';
import {
  ForestScorer,
  modelFromText,
  modelToText,
  randomOf,
  trainForest,
  type Batch,
  type ForestModel,
  type TrainingSeries,
} from './detect/index.ts';
import { AdapterError, type Done, type LongWork, type Ports } from './ports.ts';

/** Where the trained model lies. Both throw AdapterError when the file cannot be reached. */
export interface ModelFile {
  readonly path: string;
  read(): string | undefined;
  write(text: string): void;
}

export interface TrainingParts {
  readonly ports: Ports;
  readonly file: ModelFile;
  readonly seed: number;
  /** Seconds that one vector sums up, and the step of the history it is trained on. */
  readonly window: number;
  readonly step: number;
  /** Decision value (0.5 - s) under which a workload is unusual; more negative is less sensitive. */
  readonly threshold: number;
  queries(): readonly WatchedQuery[];
}

type Info = Readonly<Record<string, unknown>>;

/** The Isolation Forest of this process: trained on request, loaded at start, judged every round. */
export interface Training {
  /** Takes up the model file if there is a good one; a bad one is said once and left alone. */
  load(): void;
  /** Decision value under which a workload is unusual. */
  readonly threshold: number;
  train(days: number, work: LongWork): Promise<Done<Info>>;
  info(): Info;
  /** Makes a row known to the forest. */
  add(row: number, targetKey: string, metricType: string): void;
  observe(batch: Batch): void;
  /** S = -log10 p and the decision value of a workload's last round; undefined without a model. */
  judge(targetKey: string): { readonly surprise: number; readonly decision: number } | undefined;
}

const refused = (reason: string, message: string) => ({ ok: false as const, status: 422 as const, reason, message });

export function createTraining(parts: TrainingParts): Training {
  const { ports, file } = parts;
  const rows = new Map<number, readonly [targetKey: string, metricType: string]>();
  let scorer: ForestScorer | undefined;
  let state: Info = { trained: false, message: 'not trained yet: kubewise train' };

  function use(model: ForestModel): void {
    const next = new ForestScorer(model);
    for (const [row, [key, metricType]] of rows) next.add(row, key, metricType);
    scorer = next;
    state = { trained: true, ...aboutModel(model), message: 'in use' };
  }

  async function history(query: WatchedQuery, from: number, to: number): Promise<TrainingSeries[]> {
    try {
      const answer = await ports.metrics.queryRange(query.query, from, to, parts.step);
      if (!answer.ok) return [];
      return aggregate(query, answer.series, ports.watcher.topology).map(({ target, timestamps, values }) => ({
        ...{ targetKey: targetKey(target), metricType: query.metricType, times: timestamps, values },
      }));
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      ports.log.warn({ module: 'train', query: query.name }, `no history: ${error.message}`);
      return [];
    }
  }

  function refuse(reason: string, message: string): void {
    state = { trained: false, reason, message };
    ports.log.error({ module: 'train', path: file.path, reason }, `Isolation Forest ${file.path}: ${message}`);
  }

  return {
    load() {
      try {
        const text = file.read();
        if (text === undefined) return;
        const read = modelFromText(text);
        if (read.ok) use(read.model);
        else refuse(read.reason, read.message);
      } catch (error) {
        if (!(error instanceof AdapterError)) throw error;
        refuse('Unreadable', error.message);
      }
    },
    async train(days, work) {
      const to = Math.floor(ports.clock.now() / parts.step) * parts.step;
      const queries = parts.queries();
      const series: TrainingSeries[] = [];
      for (const [i, query] of queries.entries()) {
        if (work.signal.aborted) return refused('Cancelled', 'training was cancelled');
        work.progress((0.8 * i) / queries.length, `history of ${query.name}`);
        series.push(...(await history(query, to - days * 86_400, to)));
      }
      work.progress(0.8, `growing trees on ${series.length} series`);
      const made = trainForest(series, {
        ...{ random: randomOf(parts.seed), window: parts.window, trainedAt: to, days },
        decisionThreshold: parts.threshold,
      });
      if (!made.ok) return refused(made.reason, made.message);
      file.write(modelToText(made.model));
      use(made.model);
      return { ok: true, value: state };
    },
    threshold: parts.threshold,
    info: () => ({ ...state, path: file.path, threshold: parts.threshold }),
    add(row, key, metricType) {
      rows.set(row, [key, metricType]);
      scorer?.add(row, key, metricType);
    },
    observe: (batch) => scorer?.observe(batch),
    judge(key) {
      const raw = scorer?.raw(key) ?? 0;
      return scorer && raw > 0 ? { surprise: scorer.surprise(key), decision: 0.5 - raw } : undefined;
    },
  };
}

const aboutModel = (model: ForestModel): Info => ({
  trainedAt: model.trainedAt,
  days: model.days,
  window: model.window,
  metricTypes: model.metricTypes,
  series: Object.keys(model.baselines).length,
  trees: model.forest.nodes.roots.length,
  sample: model.forest.sample,
  evaluation: model.evaluation,
});
