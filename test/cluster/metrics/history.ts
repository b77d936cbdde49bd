import { flow, type Actor, type Scene } from '../workloads/flow.ts';
import { podKeys, silence, type PodSignals } from '../workloads/signals.ts';
import { poolOf } from '../workloads/configuration.ts';
import { crowd } from '../workloads/noise.ts';
import { wobbleOf, type Life, type World } from '../workloads/index.ts';
import { wellBehaved } from '../workloads/traits.ts';

type Columns = Readonly<Record<string, Float32Array>>;

/** What the pods that were there when the cluster began did in the two weeks before. */
export interface History {
  /** A pod's signals at a time before the cluster began; the same object each time, to be read at once. */
  podAt(uid: string, time: number): PodSignals;
  /** Sum of one signal over the pods of a node. */
  nodeAt(node: string, key: keyof PodSignals, time: number): number;
}

export interface HistoryRange {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/**
 * Two healthy weeks of a topology that stood still: the same load, flow and noise as the live part, at every step of the
 * grid. Made when the first question comes.
 */
export function createHistory(world: World, founders: readonly Life[], range: HistoryRange): History {
  const length = Math.floor((range.to - range.from) / range.step) + 1;
  const indexOf = (time: number): number =>
    Math.min(length - 1, Math.max(0, Math.round((time - range.from) / range.step)));
  const nodes = new Map(founders.map((life) => [life.uid, life.view.node]));
  const sums = new Map<string, Float32Array>();
  const views = new Map<string, View>();
  let columns: ReadonlyMap<string, Columns> | undefined;

  function fill(): ReadonlyMap<string, Columns> {
    const made = new Map(founders.map((life) => [life.uid, emptyColumns(life, length)]));
    const signals = new Map(founders.map((life) => [life.uid, silence()]));
    let services: ReturnType<typeof flow> = new Map();
    for (let index = 0; index < length; index += 1) {
      const time = range.from + index * range.step;
      services = flow(world.order, sceneAt(world, founders, signals, services, time));
      for (const [uid, own] of made) {
        const now = signals.get(uid) as PodSignals;
        for (const key in own) (own[key] as Float32Array)[index] = now[key as keyof PodSignals] ?? 0;
      }
    }
    return made;
  }

  function nodeColumn(node: string, key: keyof PodSignals): Float32Array {
    const name = `${node} ${key}`;
    const found = sums.get(name);
    if (found) return found;
    const sum = new Float32Array(length);
    for (const [uid, own] of (columns ??= fill()))
      if (nodes.get(uid) === node) own[key]?.forEach((value, index) => (sum[index] = (sum[index] ?? 0) + value));
    sums.set(name, sum);
    return sum;
  }

  return {
    podAt(uid, time) {
      let view = views.get(uid);
      if (!view) views.set(uid, (view = viewOn((columns ??= fill()).get(uid) ?? {})));
      view.index = indexOf(time);
      return view.signals;
    },
    nodeAt: (node, key, time) => nodeColumn(node, key)[indexOf(time)] ?? 0,
  };
}

interface View {
  index: number;
  readonly signals: PodSignals;
}

/** Signals that are read from the columns at `index` only when somebody looks: a metric needs one of thirty. */
function viewOn(columns: Columns): View {
  const signals = {} as PodSignals;
  const view: View = { index: 0, signals };
  for (const key of podKeys) {
    const column = columns[key];
    Object.defineProperty(signals, key, { get: () => column?.[view.index] ?? 0 });
  }
  return view;
}

/** Only pods that serve HTTP have a latency histogram. */
function emptyColumns(life: Life, length: number): Columns {
  const keys = podKeys.filter((key) => life.view.profile?.http === true || !key.startsWith('bucket'));
  return Object.fromEntries(keys.map((key) => [key, new Float32Array(length)]));
}

function sceneAt(
  world: World,
  founders: readonly Life[],
  signals: ReadonlyMap<string, PodSignals>,
  before: ReturnType<typeof flow>,
  time: number,
): Scene {
  const actors = new Map<string, Actor[]>();
  for (const life of founders) {
    const { view } = life;
    if (!view.profile) continue;
    const list = actors.get(view.profile.role) ?? [];
    actors.set(view.profile.role, list);
    list.push({
      key: view.uid,
      profile: view.profile,
      node: view.node,
      traits: wellBehaved,
      serving: true,
      cpuLimit: view.cpuLimit,
      nodeShare: 1,
      crowding: 0,
      wobble: wobbleOf(world.shop.seed, view.name, time),
      stuck: 0,
      pool: poolOf(view),
      connections: Infinity,
      signals: signals.get(view.uid) as PodSignals,
    });
  }
  return {
    crowd: crowd(world.shop.seed, time),
    actors,
    traffic: () => 1,
    supply: (role) => before.get(world.shop.byRole(role).consumes?.queue ?? '')?.rate ?? 0,
    wire: () => ({ lost: 0, delay: 0 }),
    refused: () => 0,
    broken: () => false,
  };
}
