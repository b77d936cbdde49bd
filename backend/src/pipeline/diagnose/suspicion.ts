/** How the walk moves: on the calls with probability `follow`, else to anyone anew; back to callers by `back`. */
const walk = { follow: 0.85, back: 0.4, steps: 200, settled: 1e-10 };

export interface Suspicion {
  readonly key: string;
  /** Share of the walk's time spent here; all shares add up to 1. */
  readonly share: number;
}

/** Where to, by place, and with what weight. */
type Way = readonly (readonly [to: number, weight: number])[];

/**
 * Where trouble that shows in many places began. A walker that looks for it goes from who calls to whom it calls, the
 * rather the stranger that is; stays where nobody called is as strange; turns back now and then; and starts anew
 * anywhere, the rather the stranger it is there. Who holds it longest is suspected most (MonitorRank: Kim, Sumbaly and
 * Shah, SIGMETRICS 2013, with surprises in place of correlations). Without calls the order is that of the surprises.
 *
 * @param surprises how strange each one is, ≥ 0, as −log10 of a probability
 * @param calleesOf whom it calls itself; those without a surprise are passed over
 * @returns everybody in `surprises`, the most suspected first; equal ones in the order given
 */
export function suspicions(
  surprises: ReadonlyMap<string, number>,
  calleesOf: (key: string) => readonly string[],
): readonly Suspicion[] {
  const keys = [...surprises.keys()];
  const strange = keys.map((key) => surprises.get(key) ?? 0);
  const total = strange.reduce((sum, one) => sum + one, 0);
  const anew = strange.map((one) => (total > 0 ? one / total : 1 / keys.length));
  const ways = waysOf(keys, strange, calleesOf);
  let share = anew;
  for (let step = 0, moved = Infinity; step < walk.steps && moved > walk.settled; step += 1) {
    const next = stepped(share, ways, anew);
    moved = next.reduce((sum, one, at) => sum + Math.abs(one - share[at]!), 0);
    share = next;
  }
  return keys.map((key, at) => ({ key, share: share[at]! })).sort((a, b) => b.share - a.share);
}

function waysOf(
  keys: readonly string[],
  strange: readonly number[],
  calleesOf: (key: string) => readonly string[],
): readonly Way[] {
  const placeOf = new Map(keys.map((key, at) => [key, at]));
  const callees = keys.map((key, from) => {
    const called = calleesOf(key).flatMap((one) => placeOf.get(one) ?? []);
    return [...new Set(called)].filter((to) => to !== from);
  });
  const callers: number[][] = keys.map(() => []);
  for (const [from, called] of callees.entries()) for (const to of called) callers[to]!.push(from);
  return keys.map((_, at) => [
    ...callees[at]!.map((to) => [to, strange[to]!] as const),
    ...callers[at]!.map((to) => [to, walk.back * strange[to]!] as const),
    [at, Math.max(0, strange[at]! - Math.max(0, ...callees[at]!.map((to) => strange[to]!)))] as const,
  ]);
}

/** Who has nowhere to go starts anew. */
function stepped(share: readonly number[], ways: readonly Way[], anew: readonly number[]): number[] {
  const next = anew.map(() => 0);
  let lost = 0;
  for (const [at, way] of ways.entries()) {
    const weight = way.reduce((sum, [, one]) => sum + one, 0);
    const going = weight > 0 ? walk.follow * share[at]! : 0;
    lost += share[at]! - going;
    for (const [to, one] of way) if (going > 0) next[to]! += going * (one / weight);
  }
  return next.map((one, at) => one + lost * anew[at]!);
}
