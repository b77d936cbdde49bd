import { z } from 'zod';
import { digestOf } from '../../model/index.ts';
import { IsolationForest } from './isolation-forest.ts';

/** What one series is worth before it enters the forest: (value - middle) / scale, over its own healthy past. */
export const Baseline = z.object({ middle: z.number(), scale: z.number().positive() });
export type Baseline = Readonly<z.infer<typeof Baseline>>;

/** How the forest did on the last part of history, which it was not trained on. */
export const Evaluation = z.object({
  trainedWindows: z.int(),
  heldOutWindows: z.int(),
  /** Share of the held-out windows that would have been anomalies: false alarms, if that time was healthy. */
  alarmRate: z.number(),
  /** Share of held-out windows that are found after one of their metrics was moved far up (a synthetic fault). */
  recall: z.number(),
  /** Area under the ROC curve of moved against unmoved windows. */
  auc: z.number(),
});
export type Evaluation = Readonly<z.infer<typeof Evaluation>>;

const numbers = z.array(z.number());
const whole = z.array(z.int());
const Body = z.object({
  trainedAt: z.number(),
  days: z.number(),
  window: z.number().positive(),
  metricTypes: z.array(z.string()).min(1),
  /** By `targetKey metricType`; series that were not there at training have none until they have history. */
  baselines: z.record(z.string(), Baseline),
  /** Scores at the quantiles of healthy windows and the mean excess above the last one: the tail. */
  calibration: z.object({ u: z.number(), excess: z.number().positive(), median: z.number() }),
  evaluation: Evaluation,
  sample: z.int().min(2),
  nodes: z.object({ roots: whole, features: whole, thresholds: numbers, left: whole, right: whole, sizes: whole }),
});
type Body = z.infer<typeof Body>;
const kind = 'kubewise-isolation-forest';
const version = 1;
const File = z.object({ kind: z.string(), version: z.int(), digest: z.string(), model: z.unknown() });

/** A trained forest with everything that is needed to score with it. Features: mean and maximum of each metric type. */
export interface ForestModel extends Omit<Body, 'nodes' | 'sample'> {
  readonly forest: IsolationForest;
}

export const featuresPerType = 2;
/** Share of healthy windows below `u`, where the tail begins. */
export const tailQuantile = 0.98;

/** S = -log10 p of a raw forest score, from the tail of the healthy windows. */
export function surpriseOfForest({ u, excess, median }: ForestModel['calibration'], raw: number): number {
  const atU = -Math.log10(1 - tailQuantile);
  if (raw >= u) return atU + (Math.LOG10E * (raw - u)) / excess;
  return raw <= median ? 0 : (atU * (raw - median)) / Math.max(1e-12, u - median);
}

/** scikit-learn's decision value: 0.5 - s, negative is unusual; ANOMALY_SCORE_THRESHOLD is compared with it. */
export const decisionOf = (raw: number): number => 0.5 - raw;

export function modelToText(model: ForestModel): string {
  const { forest, ...rest } = model;
  const columns = Object.entries(forest.nodes).map(([name, column]) => [name, Array.from(column as ArrayLike<number>)]);
  const body = { ...rest, sample: forest.sample, nodes: Object.fromEntries(columns) as Body['nodes'] };
  return JSON.stringify({ kind, version, digest: digestOf(body), model: body });
}

export type ModelRead =
  | { readonly ok: true; readonly model: ForestModel }
  | { readonly ok: false; readonly reason: 'NotAModel' | 'OtherVersion' | 'Damaged'; readonly message: string };
const refused = (reason: Exclude<ModelRead, { ok: true }>['reason'], message: string): ModelRead => ({
  ok: false,
  reason,
  message,
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Reads what `modelToText` wrote; anything else is refused with what is wrong and what to do. */
export function modelFromText(text: string): ModelRead {
  const file = File.safeParse(parsed(text));
  if (!file.success || file.data.kind !== kind)
    return refused(
      'NotAModel',
      'not a model file of KubeWise (a joblib file of older systems cannot be read): train a new one',
    );
  if (file.data.version !== version)
    return refused(
      'OtherVersion',
      `written in format ${file.data.version}, this is format ${version}: train a new one`,
    );
  const body = Body.safeParse(file.data.model);
  if (!body.success || digestOf(body.data) !== file.data.digest)
    return refused('Damaged', 'the checksum does not match, the file is damaged: restore it or train a new one');
  const { nodes, sample, ...rest } = body.data;
  const columns = {
    roots: Int32Array.from(nodes.roots),
    features: Int16Array.from(nodes.features),
    thresholds: Float64Array.from(nodes.thresholds),
    left: Int32Array.from(nodes.left),
    right: Int32Array.from(nodes.right),
    sizes: Int32Array.from(nodes.sizes),
  };
  if (!isForest(nodes, rest.metricTypes.length * featuresPerType))
    return refused('Damaged', 'its trees are not trees: train a new one');
  return {
    ok: true,
    model: { ...rest, forest: new IsolationForest(rest.metricTypes.length * featuresPerType, sample, columns) },
  };
}

/** Children lie behind their parent and inside the columns, so that every walk ends. */
function isForest({ roots, features, thresholds, left, right, sizes }: Body['nodes'], dimensions: number): boolean {
  const count = features.length;
  if ([thresholds, left, right, sizes].some((column) => column.length !== count) || roots.length === 0) return false;
  const inside = (child: number, parent: number): boolean => child > parent && child < count;
  return (
    roots.every((root) => root >= 0 && root < count) &&
    features.every((f, i) => f < 0 || (f < dimensions && inside(left[i] ?? 0, i) && inside(right[i] ?? 0, i)))
  );
}
