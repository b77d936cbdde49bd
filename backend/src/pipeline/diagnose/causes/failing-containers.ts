import { lastRollout, targetName, type ContainerView, type PodView } from '../../../model/index.ts';
import { recentRollout, rolledOut, workloadFacts } from '../facts.ts';
import type { CauseRule, Judgement, Symptoms } from '../symptoms.ts';

interface Failing {
  readonly pod: PodView;
  readonly container: ContainerView;
}

const pulls = ['ImagePullBackOff', 'ErrImagePull', 'InvalidImageName', 'ErrImageNeverPull', 'RegistryUnavailable'];
const crashes = ['CrashLoopBackOff', 'CreateContainerConfigError', 'CreateContainerError', 'RunContainerError'];

/** Containers that wait for one of these reasons, or that exited with an error since the incident began. */
function failing(symptoms: Symptoms, reasons: readonly string[]): readonly Failing[] {
  return symptoms.state.pods.flatMap((pod) =>
    pod.containers.filter((container) => reasons.includes(container.waiting)).map((container) => ({ pod, container })),
  );
}

function crashing(symptoms: Symptoms): readonly Failing[] {
  const waiting = failing(symptoms, crashes);
  if (waiting.length > 0) return waiting;
  return symptoms.state.pods.flatMap((pod) =>
    pod.containers
      .filter(({ ended, restarts }) => restarts > 1 && ended && ended.exitCode !== 0 && ended.reason !== 'OOMKilled')
      .filter(({ ended }) => (ended?.at ?? 0) >= symptoms.incident.startedAt - 300)
      .map((container) => ({ pod, container })),
  );
}

const said = ({ pod, container }: Failing): string =>
  `${pod.name}/${container.name}: ${container.waiting || 'exited'}${container.ended ? ` (exit code ${container.ended.exitCode}, ${container.ended.reason})` : ''}`;

function judgement(symptoms: Symptoms, found: readonly Failing[], score: number, message: string): Judgement {
  const [first] = found;
  return {
    score,
    message,
    evidence: found.slice(0, 4).map(said),
    facts: workloadFacts(symptoms, first?.container.name),
  };
}

/** Do all failing pods belong to the newest revision? */
const onlyNewest = (symptoms: Symptoms, found: readonly Failing[]): boolean =>
  found.every(({ pod }) => pod.owner === lastRollout(symptoms.state)?.uid);

/** The template was changed, and only pods of the new revision fail, whatever else was wrong before. */
export const badRollout: CauseRule = {
  class: 'BadRollout',
  judge(symptoms) {
    const found = crashing(symptoms).filter(({ container }) => container.ended?.reason !== 'OOMKilled');
    if (found.length === 0 || !rolledOut(symptoms) || !onlyNewest(symptoms, found)) return undefined;
    const message = `the newest revision of ${targetName(symptoms.incident.target)} does not start; the one before did`;
    return judgement(symptoms, found, 0.95, message);
  },
};

/** A rollout whose pods start but never become ready, while the revision before was fine. */
export const unreadyRollout: CauseRule = {
  class: 'UnreadyRollout',
  judge(symptoms) {
    const newest = lastRollout(symptoms.state);
    if (!newest || !recentRollout(symptoms) || symptoms.now - newest.at < 180) return undefined;
    const stuck = symptoms.state.pods.filter(
      (pod) => pod.owner === newest.uid && pod.phase === 'Running' && !pod.ready && pod.deletedAt === undefined,
    );
    if (stuck.length === 0 || crashing(symptoms).length > 0) return undefined;
    return {
      score: 0.8,
      message: `pods of the newest revision of ${targetName(symptoms.incident.target)} run but do not become ready`,
      evidence: stuck.slice(0, 4).map((pod) => `${pod.name} is not ready`),
      facts: workloadFacts(symptoms),
    };
  },
};

/** Containers crash, and no rollout explains it. */
export const crashLoop: CauseRule = {
  class: 'CrashLoop',
  judge(symptoms) {
    const found = crashing(symptoms).filter(({ container }) => container.ended?.reason !== 'OOMKilled');
    if (found.length === 0) return undefined;
    return judgement(symptoms, found, 0.7, `containers of ${targetName(symptoms.incident.target)} keep crashing`);
  },
};

/** The image cannot be pulled: wrong name or tag, registry down, credentials expired. */
export const imagePull: CauseRule = {
  class: 'ImagePull',
  judge(symptoms) {
    const found = failing(symptoms, pulls);
    if (found.length === 0) return undefined;
    return judgement(symptoms, found, 0.95, `an image of ${targetName(symptoms.incident.target)} cannot be pulled`);
  },
};
