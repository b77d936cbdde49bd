import { resourceOf, time } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { withCondition, writeStatus, type Condition } from './conditions.ts';
import { itself, startController, type Controller, type ControllerContext, type Desk } from './controller.ts';
import { controllerKey, isControlledBy } from './owners.ts';
import { conditionOf, createPod, deletePod, isActive, isReady, isTerminating, podFrom, seconds } from './pods.ts';

/** Pods until enough have succeeded, or too many have failed. */
export const startJobs = (context: ControllerContext): Controller =>
  startController(context, {
    name: 'job',
    watches: [
      ['Job', itself],
      ['Pod', controllerKey('Job')],
    ],
    reconcile,
  });

/** A failed pod is replaced after 10 s, the next after 20 s, at most 6 min. */
const backoff = { first: 10, last: 360 };

interface Tally {
  readonly active: readonly KubeObject[];
  readonly succeeded: number;
  readonly failed: number;
  /** When the last pod failed. */
  readonly failedAt: number;
}

async function reconcile(key: string, desk: Desk): Promise<number | undefined> {
  const job = desk.of('Job').get(key);
  if (!job || isTerminating(job)) return undefined;
  if (isOver(job)) return expire(desk, job);
  const pods = desk
    .of('Pod')
    .list(job['metadata'].namespace)
    .filter((pod) => isControlledBy(pod, job));
  const tally = tallyOf(pods);
  const verdict = judge(job, tally, desk.clock.now());
  if (verdict) return finish(desk, job, tally, verdict);
  const again = await drive(desk, job, tally);
  await report(
    desk,
    job,
    tallyOf(
      desk
        .of('Pod')
        .list(job['metadata'].namespace)
        .filter((pod) => isControlledBy(pod, job)),
    ),
    [],
  );
  return again;
}

export const isOver = (job: KubeObject): boolean =>
  ['Complete', 'Failed'].some((type) => conditionOf(job, type)?.['status'] === 'True');

function tallyOf(pods: readonly KubeObject[]): Tally {
  const failed = pods.filter((pod) => pod['status']?.phase === 'Failed');
  const ends = failed.flatMap((pod) =>
    ((pod['status'].containerStatuses ?? []) as KubeObject[]).map((one) =>
      seconds(one['state']?.terminated?.finishedAt),
    ),
  );
  return {
    active: pods.filter(isActive),
    succeeded: pods.filter((pod) => pod['status']?.phase === 'Succeeded').length,
    failed: failed.length,
    failedAt: Math.max(0, ...ends),
  };
}

function judge(job: KubeObject, tally: Tally, now: number): Condition | undefined {
  const { backoffLimit = 6, completions, activeDeadlineSeconds } = job['spec'] as Record<string, number>;
  const restarts = tally.active.reduce((sum, pod) => sum + restartsOf(pod), 0);
  const started = seconds(job['status']?.startTime);
  if (tally.failed > backoffLimit || (backoffLimit > 0 && restarts >= backoffLimit && tally.active.length > 0)) {
    return {
      type: 'Failed',
      status: 'True',
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    };
  }
  if (activeDeadlineSeconds !== undefined && started > 0 && now - started >= activeDeadlineSeconds) {
    return {
      type: 'Failed',
      status: 'True',
      reason: 'DeadlineExceeded',
      message: 'Job was active longer than specified deadline',
    };
  }
  const enough =
    completions === undefined ? tally.succeeded > 0 && tally.active.length === 0 : tally.succeeded >= completions;
  return enough
    ? {
        type: 'Complete',
        status: 'True',
        reason: 'CompletionsReached',
        message: 'Reached expected number of succeeded pods',
      }
    : undefined;
}

const restartsOf = (pod: KubeObject): number =>
  ((pod['status']?.containerStatuses ?? []) as KubeObject[]).reduce(
    (sum, one) => sum + Number(one['restartCount'] ?? 0),
    0,
  );

/** Keeps `parallelism` pods going; seconds until the next one may be made. */
async function drive(desk: Desk, job: KubeObject, tally: Tally): Promise<number | undefined> {
  const {
    parallelism = 1,
    completions,
    suspend,
    activeDeadlineSeconds,
  } = job['spec'] as Record<string, number> & { suspend?: boolean };
  if (suspend) {
    for (const pod of tally.active) await deletePod(desk, job, pod);
    return undefined;
  }
  const left = completions === undefined ? (tally.succeeded > 0 ? 0 : parallelism) : completions - tally.succeeded;
  const wanted = Math.min(parallelism, left);
  const wait =
    tally.failed === 0
      ? 0
      : tally.failedAt + Math.min(backoff.last, backoff.first * 2 ** (tally.failed - 1)) - desk.clock.now();
  if (wanted > tally.active.length && wait > 0) return wait;
  for (let missing = wanted - tally.active.length; missing > 0; missing -= 1) await createPod(desk, job, podOf(job));
  return activeDeadlineSeconds;
}

function podOf(job: KubeObject): KubeObject {
  const { name, uid } = job['metadata'];
  const pod = podFrom(job['spec'].template, job);
  const labels = {
    ...pod['metadata'].labels,
    'job-name': name,
    'controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'batch.kubernetes.io/controller-uid': uid,
  };
  return { ...pod, metadata: { ...pod['metadata'], generateName: `${name}-`, labels } };
}

async function finish(desk: Desk, job: KubeObject, tally: Tally, verdict: Condition): Promise<number | undefined> {
  for (const pod of tally.active) await deletePod(desk, job, pod);
  const failed = verdict.type === 'Failed';
  const conditions = withCondition(job['status']?.conditions, verdict, desk.clock.now());
  const after = await report(
    desk,
    job,
    { ...tally, active: [], failed: tally.failed + tally.active.length },
    conditions,
    !failed,
  );
  const event = failed
    ? ({ type: 'Warning', reason: verdict.reason, message: verdict.message } as const)
    : ({ type: 'Normal', reason: 'Completed', message: 'Job completed' } as const);
  await desk.recorder.record({ about: job, ...event });
  return expire(desk, after);
}

async function report(
  desk: Desk,
  job: KubeObject,
  tally: Tally,
  conditions: readonly KubeObject[],
  completed = false,
): Promise<KubeObject> {
  const now = time(desk.clock.now());
  return writeStatus(desk.client, 'Job', job, {
    ...(job['spec'].suspend !== true && { startTime: job['status']?.startTime ?? now }),
    active: tally.active.length || null,
    ready: tally.active.filter(isReady).length,
    succeeded: tally.succeeded || null,
    failed: tally.failed || null,
    ...(completed && { completionTime: now }),
    ...(conditions.length > 0 && { conditions }),
  });
}

/** ttlSecondsAfterFinished. */
async function expire(desk: Desk, job: KubeObject): Promise<number | undefined> {
  const ttl = job['spec'].ttlSecondsAfterFinished as number | undefined;
  if (ttl === undefined) return undefined;
  const over = ['Complete', 'Failed'].map((type) => seconds(conditionOf(job, type)?.['lastTransitionTime']));
  const left = Math.max(...over) + ttl - desk.clock.now();
  if (left > 0) return left;
  const { namespace, name, uid } = job['metadata'];
  await desk.client.remove(resourceOf('Job'), { namespace, name }, { uid, propagationPolicy: 'Background' });
  return undefined;
}
