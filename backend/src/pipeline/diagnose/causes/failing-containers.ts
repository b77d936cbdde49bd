import { list, targetName, text, type ContainerView, type PodView } from '../../../model/index.ts';
import { gitOpsOwner, recentRelease, releaseOf, rolledOut, workloadFacts, type Release } from '../facts.ts';
import { eventsOf, type CauseRule, type Judgement, type Symptoms } from '../symptoms.ts';

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
  found.every(({ pod }) => pod.owner === releaseOf(symptoms)?.uid);

/** The template was changed, and only pods of the new revision fail, whatever else was wrong before. */
export const badRollout: CauseRule = {
  class: 'BadRollout',
  judge(symptoms) {
    const found = crashing(symptoms).filter(({ container }) => container.ended?.reason !== 'OOMKilled');
    if (found.length === 0 || !rolledOut(symptoms) || !onlyNewest(symptoms, found)) return undefined;
    const message = `the newest revision of ${targetName(symptoms.suspect)} does not start; the one before did`;
    return judgement(symptoms, found, 0.95, message);
  },
};

/**
 * A revision that fails in whatever way, and that a GitOps agent put there: the mistake is in Git, and whoever repairs
 * the live object is put back.
 */
export const badCommit: CauseRule = {
  class: 'BadRollout',
  judge(symptoms) {
    const owner = gitOpsOwner(symptoms.state.live);
    const release = rolledOut(symptoms);
    if (!owner || !release) return undefined;
    const failed = symptoms.state.pods.filter(
      (pod) =>
        pod.owner === release.uid &&
        (!pod.ready || pod.containers.some(({ ended }) => (ended?.at ?? 0) >= release.at && ended?.exitCode !== 0)),
    );
    if (failed.length === 0) return undefined;
    return {
      score: 0.98,
      message: `the revision of ${targetName(symptoms.suspect)} that ${owner} applied does not run`,
      evidence: [
        `${owner} owns the object and puts back what others change`,
        ...failed.slice(0, 3).map((pod) => `${pod.name} is of the newest revision and fails`),
      ],
      facts: workloadFacts(symptoms),
    };
  },
};

/** Pods of a release that run without ever becoming ready, while the revision before was fine. */
function unreadyOf(symptoms: Symptoms): readonly PodView[] {
  const release = recentRelease(symptoms);
  if (!release || symptoms.now - release.at < 120) return [];
  return symptoms.state.pods.filter(
    (pod) =>
      pod.owner === release.uid &&
      pod.phase === 'Running' &&
      pod.deletedAt === undefined &&
      (!pod.ready || pod.containers.some(({ ended }) => (ended?.at ?? 0) >= release.at)),
  );
}

const notReady = (pods: readonly PodView[]): string[] => pods.slice(0, 4).map((pod) => `${pod.name} is not ready`);

/** The kubelet says so when it starts a container anew for its probe (pkg/kubelet/prober, kuberuntime). */
const killedForProbe = /^(Liveness|Startup) probe (failed|errored)|failed (liveness|startup) probe/;

/**
 * Pods of a release that the kubelet ended for their probe. It sends SIGTERM, then SIGKILL: exit code 143 or 137, or 0 of
 * who leaves politely; the exit code of a crash is the program's own, and out of memory has its own reason.
 */
function endedByProbe(symptoms: Symptoms, release: Release): readonly PodView[] {
  if (!eventsOf(symptoms, 'Unhealthy', 'Killing').some((event) => killedForProbe.test(event.message))) return [];
  return symptoms.state.pods.filter(
    (pod) =>
      pod.owner === release.uid &&
      pod.containers.some(
        ({ ended }) =>
          ended && ended.at >= release.at && ended.reason !== 'OOMKilled' && [0, 137, 143].includes(ended.exitCode),
      ),
  );
}

const restarted = (pods: readonly PodView[]): string[] =>
  pods.slice(0, 4).map((pod) => `${pod.name} is restarted for its probe`);

/** A release changed a probe, and since then it fails: pods are ended for it, or do not become ready. */
export const failingProbe: CauseRule = {
  class: 'FailingProbe',
  judge(symptoms) {
    const release = recentRelease(symptoms);
    if (!release?.diff.probes) return undefined;
    const ended = endedByProbe(symptoms, release);
    const stuck = unreadyOf(symptoms);
    const said = eventsOf(symptoms, 'Unhealthy');
    if (ended.length + stuck.length === 0 || said.length === 0) return undefined;
    return {
      score: 0.97,
      message: `the newest revision of ${targetName(symptoms.suspect)} changed a probe, and the probe fails`,
      evidence: [
        ...said.slice(0, 2).map((event) => event.message.slice(0, 200)),
        ...(ended.length > 0 ? restarted(ended) : notReady(stuck)),
      ],
      facts: workloadFacts(symptoms),
    };
  },
};

/** A rollout whose pods start but never become ready, while the revision before was fine. */
export const unreadyRollout: CauseRule = {
  class: 'UnreadyRollout',
  judge(symptoms) {
    const stuck = unreadyOf(symptoms).filter((pod) => !pod.ready);
    if (stuck.length === 0 || crashing(symptoms).length > 0) return undefined;
    return {
      score: 0.8,
      message: `pods of the newest revision of ${targetName(symptoms.suspect)} run but do not become ready`,
      evidence: notReady(stuck),
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
    return judgement(symptoms, found, 0.7, `containers of ${targetName(symptoms.suspect)} keep crashing`);
  },
};

/** What registries say when they know the image and not the caller. */
const refusedAccess = /unauthorized|authentication required|access denied|denied: |forbidden|\b401\b|\b403\b/i;

/** The pull secret that the registry refused, when it did. */
function refusedSecret(symptoms: Symptoms, found: readonly Failing[]): string {
  const [secret] = list(symptoms.state.live, 'spec', 'template', 'spec', 'imagePullSecrets');
  const said = [
    ...found.map(({ container }) => container.message),
    ...eventsOf(symptoms, 'Failed').map((event) => event.message),
  ];
  return said.some((message) => refusedAccess.test(message)) ? text(secret, 'name') : '';
}

/** The image cannot be pulled: wrong name or tag, registry down, credentials expired. */
export const imagePull: CauseRule = {
  class: 'ImagePull',
  judge(symptoms) {
    const found = failing(symptoms, pulls);
    if (found.length === 0) return undefined;
    const where = targetName(symptoms.suspect);
    const secret = refusedSecret(symptoms, found);
    if (!secret) return judgement(symptoms, found, 0.95, `an image of ${where} cannot be pulled`);
    const { cluster, namespace } = symptoms.suspect;
    const said = judgement(
      symptoms,
      found,
      0.97,
      `the registry refuses the credentials of ${where} (Secret ${secret})`,
    );
    return { ...said, facts: { ...said.facts, secret }, target: { cluster, kind: 'Secret', namespace, name: secret } };
  },
};
