import type { Batch } from './detector.ts';
import { featuresPerType, surpriseOfForest, type ForestModel } from './isolation-forest-model.ts';
import { seriesId } from './isolation-forest-training.ts';

/** Samples kept per series for the mean and the maximum of a window. */
const ring = 32;

/**
 * A trained forest over live rounds: one vector per target (mean and maximum of each metric type over the model's
 * window), judged once per round. Call `add` when a row appears, `observe` per round, then read `raw` or `surprise` of
 * any target that `targets` lists. Memory: 2 x 32 floats per series; nothing is allocated per sample.
 */
export class ForestScorer {
  readonly model: ForestModel;
  readonly #types: ReadonlyMap<string, number>;
  readonly #targets = new Map<string, number>();
  readonly #vector: Float64Array;
  #rows = { target: new Int32Array(0), type: new Int16Array(0), next: new Uint8Array(0) };
  #middle = new Float64Array(0);
  #scale = new Float64Array(0);
  #values = new Float32Array(0);
  #times = new Float64Array(0);
  #members: number[][] = [];
  #raw = new Float64Array(0);
  #touched = new Uint8Array(0);

  constructor(model: ForestModel) {
    this.model = model;
    this.#types = new Map(model.metricTypes.map((type, i) => [type, i]));
    this.#vector = new Float64Array(model.forest.dimensions);
  }

  /** Makes a row known; a series without a baseline in the model stays out until the next training. */
  add(row: number, targetKey: string, metricType: string): void {
    this.#grow(row + 1);
    const type = this.#types.get(metricType);
    const baseline = this.model.baselines[seriesId(targetKey, metricType)];
    if (type === undefined || !baseline) return;
    const target = this.#targetOf(targetKey);
    this.#rows.target[row] = target;
    this.#rows.type[row] = type;
    this.#middle[row] = baseline.middle;
    this.#scale[row] = baseline.scale;
    this.#members[target]!.push(row);
  }

  #targetOf(key: string): number {
    const known = this.#targets.get(key);
    if (known !== undefined) return known;
    const index = this.#targets.size;
    this.#targets.set(key, index);
    this.#members.push([]);
    if (index >= this.#raw.length) {
      const wider = new Float64Array(Math.max(16, 2 * this.#raw.length));
      wider.set(this.#raw);
      this.#raw = wider;
      this.#touched = new Uint8Array(wider.length);
    }
    return index;
  }

  #grow(size: number): void {
    const before = this.#middle.length;
    if (size <= before) return;
    const room = Math.max(size, 2 * before, 16);
    const wider = <T extends Float64Array | Float32Array | Int32Array | Int16Array | Uint8Array>(from: T, to: T): T => (
      to.set(from),
      to
    );
    this.#rows = {
      target: wider(this.#rows.target, new Int32Array(room).fill(-1, before)),
      type: wider(this.#rows.type, new Int16Array(room)),
      next: wider(this.#rows.next, new Uint8Array(room)),
    };
    this.#middle = wider(this.#middle, new Float64Array(room));
    this.#scale = wider(this.#scale, new Float64Array(room));
    this.#values = wider(this.#values, new Float32Array(room * ring));
    this.#times = wider(this.#times, new Float64Array(room * ring).fill(-Infinity, before * ring));
  }

  /** Takes one round; scores every target that the round speaks of. */
  observe(batch: Batch): void {
    this.#touched.fill(0);
    for (let i = 0; i < batch.count; i += 1) {
      const row = batch.rows[i]!;
      const target = row < this.#middle.length ? this.#rows.target[row]! : -1;
      if (target < 0 || !Number.isFinite(batch.values[i]!)) continue;
      const next = this.#rows.next[row]!;
      this.#values[row * ring + next] = Math.asinh((batch.values[i]! - this.#middle[row]!) / this.#scale[row]!);
      this.#times[row * ring + next] = batch.timestamp;
      this.#rows.next[row] = (next + 1) % ring;
      this.#touched[target] = 1;
    }
    for (let target = 0; target < this.#members.length; target += 1)
      if (this.#touched[target] === 1) this.#raw[target] = this.#judge(target, batch.timestamp);
  }

  #judge(target: number, now: number): number {
    this.#vector.fill(0);
    for (const row of this.#members[target]!) this.#summarise(row, now - this.model.window);
    return this.model.forest.score(this.#vector);
  }

  #summarise(row: number, since: number): void {
    let count = 0;
    let sum = 0;
    let most = -Infinity;
    for (let i = row * ring; i < (row + 1) * ring; i += 1) {
      if (this.#times[i]! <= since) continue;
      const z = this.#values[i]!;
      count += 1;
      sum += z;
      if (z > most) most = z;
    }
    if (count === 0) return;
    const at = this.#rows.type[row]! * featuresPerType;
    this.#vector[at] = sum / count;
    this.#vector[at + 1] = most;
  }

  get targets(): readonly string[] {
    return [...this.#targets.keys()];
  }

  /** The forest's own score 0…1 of a target's last round; 0 when the model does not know it. */
  raw(targetKey: string): number {
    const target = this.#targets.get(targetKey);
    return target === undefined ? 0 : this.#raw[target]!;
  }

  /** The same, calibrated: S = -log10 p over healthy history. */
  surprise(targetKey: string): number {
    const raw = this.raw(targetKey);
    return raw === 0 ? 0 : surpriseOfForest(this.model.calibration, raw);
  }
}
