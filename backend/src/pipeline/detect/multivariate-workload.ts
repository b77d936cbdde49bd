import { AdaptiveScaling } from './adaptive-scaling.ts';
import type { Batch } from './detector.ts';
import { HalfSpaceTrees, splitsOf, type Splits, type TreeOptions } from './half-space-trees.ts';
import { MultivariateHead } from './multivariate.ts';

/** The dimensions of all workload vectors: a workload has at most this many metrics; more are left out. */
const widest = 16;

interface Member {
  readonly rows: number[];
  readonly values: Float64Array;
  readonly scaled: Float64Array;
  readonly scaling: AdaptiveScaling;
  head: MultivariateHead;
  model: number;
  masked: boolean;
  round: number;
  distance: number;
  trees: number;
}

/**
 * Workload level: one vector per target from all its rows, judged by a clipped Mahalanobis distance and by Half-Space
 * Trees over the same vector in [0, 1]. Both answers are plain numbers that rise with strangeness; whoever calls puts
 * them through a tail of their own (as rows of a Detection: metric types `workload_distance` and `workload_trees`).
 * Call `add` per row, `observe` per round, then `distance` and `trees` of the targets in `targets`.
 */
export class WorkloadVectors {
  readonly #splits: Splits;
  readonly #forest: HalfSpaceTrees;
  readonly #members = new Map<string, Member>();
  #places: (readonly [member: Member, column: number] | undefined)[] = [];
  #round = 0;

  constructor(options: TreeOptions, random: () => number) {
    this.#splits = splitsOf(options, widest, random);
    this.#forest = new HalfSpaceTrees(this.#splits, 0);
  }

  add(row: number, targetKey: string): void {
    const member = this.#members.get(targetKey) ?? this.#member(targetKey);
    const column = member.rows.length;
    if (column >= widest || member.rows.includes(row)) return;
    member.rows.push(row);
    this.#places[row] = [member, column];
    // Another dimension is another distance: it starts to learn again, which is when the workload is new anyway.
    member.head = new MultivariateHead(column + 1);
  }

  #member(targetKey: string): Member {
    const model = this.#members.size;
    this.#forest.grow(model + 1);
    const member: Member = {
      rows: [],
      values: new Float64Array(widest).fill(NaN),
      scaled: new Float64Array(widest),
      scaling: new AdaptiveScaling(widest),
      head: new MultivariateHead(1),
      ...{ model, masked: false, round: 0, distance: 0, trees: 0 },
    };
    this.#members.set(targetKey, member);
    return member;
  }

  observe(batch: Batch): void {
    this.#round += 1;
    for (let i = 0; i < batch.count; i += 1) {
      const place = this.#places[batch.rows[i]!];
      if (!place) continue;
      const [member, column] = place;
      if (member.round !== this.#round) {
        member.round = this.#round;
        member.masked = false;
        member.values.fill(NaN);
      }
      member.values[column] = batch.values[i]!;
      if (batch.masked[i] === 1) member.masked = true;
    }
    for (const member of this.#members.values()) if (member.round === this.#round) this.#judge(member);
  }

  #judge(member: Member): void {
    const { head, values, scaled, scaling, rows } = member;
    member.distance = rows.length < 2 ? 0 : head.score(values);
    if (!member.masked) head.learn(values);
    for (let i = 0; i < rows.length; i += 1) {
      if (!member.masked) scaling.learn(i, values[i]!);
      scaled[i] = scaling.scaled(i, values[i]!);
    }
    member.trees = this.#forest.step(member.model, scaled, 0, !member.masked);
  }

  get targets(): ReadonlySet<string> {
    return new Set(this.#members.keys());
  }

  /** log(1 + D^2 / d) of the last round; 0 for one metric alone, while learning, and for what is not known. */
  distance(targetKey: string): number {
    return this.#members.get(targetKey)?.distance ?? 0;
  }

  /** Half-Space Trees' score 0…1 of the last round. */
  trees(targetKey: string): number {
    return this.#members.get(targetKey)?.trees ?? 0;
  }
}
