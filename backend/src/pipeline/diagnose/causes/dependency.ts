import {
  answerTo,
  number,
  object,
  podView,
  targetKey,
  targetName,
  text,
  type JsonObject,
  type Query,
  type Target,
} from '../../../model/index.ts';
import { recentRelease } from '../facts.ts';
import { raised, travelling, type CauseRule, type Noticed, type Symptoms } from '../symptoms.ts';

const visible = ['latency', 'errors'] as const;
const complains = ({ around }: Noticed, target: Target): boolean =>
  around.anomalies.some((one) => one.targetKey === targetKey(target) && travelling.has(one.metricType));

/**
 * What the suspect calls and what exports nothing by which it could be cleared, most suspicious first: the more of its
 * callers complain, the likelier it is the one. What is measured and well is innocent; so is what half its callers like.
 */
function silentDependencies(noticed: Noticed): readonly { readonly target: Target; readonly share: number }[] {
  const { suspect, around } = noticed;
  return around.graph
    .callees(suspect)
    .filter((target) => visible.every((type) => around.latest(target, type) === undefined))
    .map((target) => {
      const callers = around.graph.callers(target);
      const unhappy = callers.filter(
        (caller) => complains(noticed, caller) || targetKey(caller) === targetKey(suspect),
      );
      return { target, share: unhappy.length / Math.max(1, callers.length), unhappy: unhappy.length };
    })
    .filter(({ share }) => share > 0.5)
    .sort((a, b) => b.unhappy - a.unhappy || b.share - a.share);
}

const podsIn = (target: Target): Query => ({ kind: 'List', of: 'Pod', namespace: target.namespace, limit: 200 });
const objectOfTarget = (target: Target): Query => ({
  kind: 'Object',
  ref: { kind: target.kind as 'StatefulSet', namespace: target.namespace, name: target.name },
});
const isStateful = (target: Target): boolean => target.kind === 'StatefulSet';

const asks = (noticed: Noticed): readonly Query[] =>
  raised(noticed, ...visible).length === 0
    ? []
    : silentDependencies(noticed)
        .filter(({ target }) => isStateful(target))
        .slice(0, 1)
        .flatMap(({ target }) => [objectOfTarget(target), podsIn(target)]);

interface Store {
  readonly target: Target;
  readonly share: number;
  readonly live: JsonObject | undefined;
  readonly pods: readonly ReturnType<typeof podView>[];
}

function storesOf(symptoms: Symptoms): readonly Store[] {
  const listed = (query: Query) => answerTo(symptoms.evidence, query)?.objects ?? [];
  return silentDependencies(symptoms)
    .filter(({ target }) => isStateful(target))
    .slice(0, 1)
    .map(({ target, share }) => {
      const [live] = listed(objectOfTarget(target));
      const uid = text(live, 'metadata', 'uid');
      const pods = listed(podsIn(target))
        .map(podView)
        .filter((pod) => pod.owner === uid);
      return { target, share, live, pods };
    });
}

/** Trouble that more traffic does not explain: a good part fails, or everything takes several times as long. */
const isGrave = (symptoms: Symptoms): boolean =>
  raised(symptoms, 'errors').some((anomaly) => anomaly.value >= 0.05) ||
  raised(symptoms, 'latency').some((anomaly) => anomaly.value >= 3 * anomaly.expected);

/** Does something in the suspect itself explain it: its own release, its own CPU, its own pods? */
const hasOwnReason = (symptoms: Symptoms): boolean =>
  recentRelease(symptoms) !== undefined ||
  raised(symptoms, 'throttling', 'oom', 'restarts', 'waiting').length > 0 ||
  symptoms.state.pods.length === 0 ||
  symptoms.state.pods.some((pod) => !pod.ready);

const allReady = ({ live, pods }: Store): boolean =>
  pods.length > 0 && pods.every((pod) => pod.ready) && pods.length >= number(live, 'spec', 'replicas');
/** What was started a moment ago has had its restart. */
const isSettled = ({ pods }: Store, { incident }: Symptoms): boolean =>
  pods.every((pod) => Math.max(pod.createdAt, pod.readySince || 0) < incident.startedAt - 60);

/** The most suspicious store; none when that one is not ready, which has its own causes, or has just had its restart. */
function suspectedStore(symptoms: Symptoms): Store | undefined {
  const [store] = storesOf(symptoms);
  return store && allReady(store) && isSettled(store, symptoms) ? store : undefined;
}

/** What is concluded because nothing else explains it needs trouble that lasts (s). */
const lasting = 100;
const sureness = ({ incident, now }: Symptoms, score: number): number =>
  now - incident.startedAt < lasting ? Math.min(score, 0.45) : score;

const roleLabels = ['role', 'cnpg.io/instanceRole', 'postgres-operator.crunchydata.com/role', 'application'] as const;
/** The member that takes the writes: by the label that operators set, else the first ordinal, which starts first. */
function primaryOf({ pods }: Store) {
  const isMarked = (pod: (typeof pods)[number]): boolean =>
    roleLabels.some((label) => /^(primary|master|leader)$/.test(text(object(pod.object, 'metadata', 'labels'), label)));
  return pods.find(isMarked) ?? [...pods].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))[0];
}

const factsOfStore = ({ target, pods }: Store, pod: ReturnType<typeof podView> | undefined) => ({
  ...{ kind: target.kind, name: target.name, ns: target.namespace, members: pods.length, gitOps: false },
  ...(pod && { pod: pod.name, podUid: pod.uid, node: pod.node }),
});

const evidenceOf = (symptoms: Symptoms, { target }: Store): string[] => [
  `${targetName(symptoms.suspect)} and most others that call ${targetName(target)} complain; nothing of their own explains it`,
  ...raised(symptoms, ...visible)
    .slice(0, 3)
    .map((anomaly) => anomaly.sentence),
];

/** All members are ready and requests that need the store fail: the one that takes the writes is the likeliest. */
export const databasePrimaryFailed: CauseRule = {
  class: 'DatabasePrimaryFailed',
  needs: asks,
  judge(symptoms) {
    const [errors] = raised(symptoms, 'errors');
    if (!errors || !isGrave(symptoms) || hasOwnReason(symptoms)) return undefined;
    const store = suspectedStore(symptoms);
    const primary = store && primaryOf(store);
    if (!store || !primary || number(store.live, 'spec', 'replicas') < 2) return undefined;
    return {
      score: sureness(symptoms, 0.72),
      message: `all members of ${targetName(store.target)} are ready, and its callers fail: its primary ${primary.name} does not serve`,
      evidence: evidenceOf(symptoms, store),
      facts: factsOfStore(store, primary),
      target: { cluster: store.target.cluster, kind: 'Pod', namespace: store.target.namespace, name: primary.name },
    };
  },
};

/** Slow or failing without a reason of its own, as all are that call the same store: the store is slow. */
export const slowDependency: CauseRule = {
  class: 'SlowDependency',
  needs: asks,
  judge(symptoms) {
    const [worst] = raised(symptoms, ...visible);
    if (!worst || !isGrave(symptoms) || hasOwnReason(symptoms)) return undefined;
    const store = suspectedStore(symptoms);
    if (!store) return undefined;
    const slow = raised(symptoms, 'latency').length > 0;
    return {
      score: sureness(symptoms, slow ? 0.7 : 0.6),
      message: `${targetName(store.target)} answers its callers late or not at all`,
      evidence: evidenceOf(symptoms, store),
      facts: factsOfStore(store, store.pods[0]),
      target: store.target,
    };
  },
};
