import { surpriseOf } from '../../backend/src/pipeline/detect/index.ts';
import { suspicions } from '../../backend/src/pipeline/diagnose/index.ts';
import { scoreTable, type ScoreTable } from '../../backend/src/pipeline/score.ts';

/** A part of a system, scored as a table of its own: one workload. */
export interface Member {
  readonly name: string;
  readonly times: ArrayLike<number>;
  readonly scores: ArrayLike<number>;
}

export const scored = (name: string, table: ScoreTable): Member => ({
  name,
  times: table.times,
  scores: scoreTable(table).scores,
});

/** The scores of a member in [from, to). */
export function scoresIn({ times, scores }: Member, from: number, to: number): readonly number[] {
  const found: number[] = [];
  for (let i = 0; i < times.length; i += 1) if (times[i]! >= from && times[i]! < to) found.push(scores[i] ?? 0);
  return found;
}

/** Caller → whom it calls, by name. */
export type Calls = ReadonlyMap<string, readonly string[]>;

/**
 * The members as the product suspects them of what happened in [from, to), the most suspected first: by the mean of
 * what each said in that time, followed along the calls.
 */
export function ranked(members: readonly Member[], calls: Calls, from: number, to: number): readonly string[] {
  const surprises = members.map((member) => {
    const said = scoresIn(member, from, to).map(surpriseOf);
    return [member.name, said.length > 0 ? said.reduce((sum, one) => sum + one, 0) / said.length : 0] as const;
  });
  return suspicions(new Map(surprises), (name) => calls.get(name) ?? []).map(({ key }) => key);
}

export interface Hits {
  readonly top1: number;
  readonly top3: number;
}

/** Shares of the ranks (0 = first, −1 = not there) that are first, and among the first three. */
export function hitsOf(ranks: readonly number[]): Hits {
  const share = (most: number): number => ranks.filter((rank) => rank >= 0 && rank < most).length / ranks.length;
  return { top1: share(1), top3: share(3) };
}
