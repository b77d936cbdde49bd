import {
  answerTo,
  number,
  object,
  seconds,
  targetName,
  text,
  type JsonObject,
  type Query,
} from '../../../model/index.ts';
import { recentRelease, workloadFacts } from '../facts.ts';
import { anomaliesAround, anomaliesOf, raised, type CauseRule, type Noticed, type Symptoms } from '../symptoms.ts';

/** What got slower or fails since the release. */
const worseSince = (symptoms: Symptoms, at: number) =>
  raised(symptoms, 'latency', 'errors').filter((anomaly) => anomaly.startedAt >= at);

/** The release runs, but does worse than the one before: what is slow or fails began with it. */
export const slowRelease: CauseRule = {
  class: 'SlowRelease',
  judge(symptoms) {
    const release = recentRelease(symptoms);
    const worse = release ? worseSince(symptoms, release.at) : [];
    if (worse.length === 0) return undefined;
    return {
      score: 0.9,
      message: `${targetName(symptoms.suspect)} does worse since its newest revision`,
      evidence: worse.slice(0, 4).map((anomaly) => anomaly.sentence),
      facts: workloadFacts(symptoms),
    };
  },
};

/** Names of settings that say how many connections a process may hold. */
const poolSetting = /pool|conn/i;

/** A release changed how many connections each pod may hold, and since then requests fail: the server has no more to give. */
export const poolResized: CauseRule = {
  class: 'ConnectionPoolExhausted',
  judge(symptoms) {
    const release = recentRelease(symptoms);
    const setting = Object.keys(release?.diff.environment ?? {}).find((name) => poolSetting.test(name));
    const worse = release && setting ? worseSince(symptoms, release.at) : [];
    const full = symptoms.around.graph
      .callees(symptoms.suspect)
      .some((callee) => anomaliesAround(symptoms, callee, 'connections').length > 0);
    if (!setting || (worse.length === 0 && !full)) return undefined;
    return {
      score: 0.95,
      message: `requests of ${targetName(symptoms.suspect)} fail since its newest revision changed ${setting}`,
      evidence: worse.slice(0, 4).map((anomaly) => anomaly.sentence),
      facts: workloadFacts(symptoms),
    };
  },
};

/** How much earlier than latency a pool has to fill for the pool, and not what is behind it, to be the cause (s). */
const headStart = 60;

/** The pool of connections fills while requests still take as long as ever: what was taken is not given back. */
export const poolLeaks: CauseRule = {
  class: 'ConnectionPoolExhausted',
  judge(symptoms) {
    const [full] = raised(symptoms, 'connections');
    if (!full || symptoms.suspect.kind === 'StatefulSet') return undefined;
    const slowSince = Math.min(...raised(symptoms, 'latency').map((anomaly) => anomaly.startedAt));
    const first = full.startedAt + headStart <= slowSince;
    return {
      score: first ? 0.94 : 0.4,
      message: `${targetName(symptoms.suspect)} has no connection left in its pool${first ? ', and lost them before it became slow' : ''}`,
      evidence: [full.sentence, ...raised(symptoms, 'latency', 'errors').map((anomaly) => anomaly.sentence)],
      facts: workloadFacts(symptoms),
    };
  },
};

/** A release writes far more than the one before: logs, most likely, as it serves the same. */
export const logFlood: CauseRule = {
  class: 'LogFlood',
  judge(symptoms) {
    const [writes] = raised(symptoms, 'disk_writes');
    if (!writes) return undefined;
    const release = recentRelease(symptoms);
    const verbose = Object.entries(release?.diff.environment ?? {}).find(
      ([name, value]) => /log|debug|verbos/i.test(name) || /^(debug|trace)$/i.test(value),
    );
    return {
      score: verbose ? 0.97 : release ? 0.92 : 0.7,
      message: `${targetName(symptoms.suspect)} fills the disks of its nodes${verbose ? ` since its newest revision set ${verbose[0]}` : ''}`,
      evidence: [writes.sentence],
      facts: workloadFacts(symptoms),
    };
  },
};

const leases = ({ suspect }: Noticed): Query => ({
  kind: 'List',
  of: 'Lease',
  namespace: suspect.namespace,
  limit: 100,
});
/** Changes of leader per minute that no election needs. */
const flapping = 0.5;

const isLeaseOf = ({ suspect, state }: Symptoms, lease: JsonObject): boolean =>
  text(lease, 'metadata', 'name') === suspect.name ||
  state.pods.some((pod) => text(lease, 'spec', 'holderIdentity').startsWith(pod.name));

/** Its leader lease changes hands again and again: each time, what was in work is dropped. */
export const leaderFlapping: CauseRule = {
  class: 'LeaderFlapping',
  needs: (noticed) => (anomaliesOf(noticed, 'errors', 'latency').length > 0 ? [leases(noticed)] : []),
  judge(symptoms) {
    const found = (answerTo(symptoms.evidence, leases(symptoms))?.objects ?? []).find((lease) => {
      const minutes = (symptoms.now - seconds(text(lease, 'metadata', 'creationTimestamp'))) / 60;
      return (
        isLeaseOf(symptoms, lease) &&
        number(object(lease, 'spec'), 'leaseTransitions') >= Math.max(4, flapping * minutes)
      );
    });
    if (!found) return undefined;
    return {
      score: 0.96,
      message: `the leader of ${targetName(symptoms.suspect)} changes again and again`,
      evidence: [
        `Lease ${text(found, 'metadata', 'name')} changed hands ${number(found, 'spec', 'leaseTransitions')} times`,
        ...raised(symptoms, 'latency', 'errors').map((anomaly) => anomaly.sentence),
      ],
      facts: workloadFacts(symptoms),
    };
  },
};
