import { ApiError, resourceOf, time } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { writeStatus } from './conditions.ts';
import { itself, startController, type Controller, type ControllerContext, type Desk } from './controller.ts';
import { nextTime, parseSchedule } from './cron-schedule.ts';
import { isOver } from './job.ts';
import { controllerKey, isControlledBy, ownerReference } from './owners.ts';
import { conditionOf, isTerminating, seconds } from './pods.ts';

/** Jobs by the clock. */
export const startCronJobs = (context: ControllerContext): Controller =>
  startController(context, {
    name: 'cronjob',
    watches: [
      ['CronJob', itself],
      ['Job', controllerKey('CronJob')],
    ],
    reconcile,
  });

async function reconcile(key: string, desk: Desk): Promise<number | undefined> {
  const cron = desk.of('CronJob').get(key);
  if (!cron || isTerminating(cron)) return undefined;
  const jobs = desk
    .of('Job')
    .list(cron['metadata'].namespace)
    .filter((job) => isControlledBy(job, cron));
  await trim(desk, cron, jobs);
  const started = cron['spec'].suspend === true ? undefined : await startDue(desk, cron, jobs);
  const active = [...jobs.filter((job) => !isOver(job)), ...(started ? [started] : [])];
  await writeStatus(desk.client, 'CronJob', cron, {
    active: active.length > 0 ? active.map(reference) : null,
    ...(started && { lastScheduleTime: time(dueOf(started)) }),
    ...lastSuccess(jobs),
  });
  return cron['spec'].suspend === true ? undefined : untilNext(cron, desk.clock.now());
}

const annotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
const dueOf = (job: KubeObject): number => seconds(job['metadata'].annotations?.[annotation]);

const reference = (job: KubeObject): KubeObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  namespace: job['metadata'].namespace,
  name: job['metadata'].name,
  uid: job['metadata'].uid,
});

function lastSuccess(jobs: readonly KubeObject[]): KubeObject {
  const times = jobs.flatMap((job) => (job['status']?.completionTime ? [seconds(job['status'].completionTime)] : []));
  return times.length > 0 ? { lastSuccessfulTime: time(Math.max(...times)) } : {};
}

function untilNext(cron: KubeObject, now: number): number | undefined {
  const next = nextTime(parseSchedule(cron['spec'].schedule), now);
  return next === undefined ? undefined : next - now;
}

/** The latest time that has come since the last one; times missed before it are skipped, as in Kubernetes. */
function dueTime(cron: KubeObject, now: number): number | undefined {
  const schedule = parseSchedule(cron['spec'].schedule);
  const deadline = cron['spec'].startingDeadlineSeconds as number | undefined;
  const last = seconds(cron['status']?.lastScheduleTime ?? cron['metadata'].creationTimestamp);
  let due: number | undefined;
  const from = Math.max(last, deadline === undefined ? -Infinity : now - deadline, now - 86_400 * 7);
  for (let at = nextTime(schedule, from); at !== undefined && at <= now; at = nextTime(schedule, at)) due = at;
  return due;
}

async function startDue(desk: Desk, cron: KubeObject, jobs: readonly KubeObject[]): Promise<KubeObject | undefined> {
  const due = dueTime(cron, desk.clock.now());
  if (due === undefined) return undefined;
  const active = jobs.filter((job) => !isOver(job));
  const policy = cron['spec'].concurrencyPolicy ?? 'Allow';
  if (active.length > 0 && policy === 'Forbid') {
    const message = `Not starting job because prior execution is running and concurrency policy is Forbid`;
    await desk.recorder.record({ about: cron, type: 'Normal', reason: 'JobAlreadyActive', message });
    return undefined;
  }
  if (policy === 'Replace') for (const job of active) await removeJob(desk, cron, job);
  return create(desk, cron, due);
}

async function create(desk: Desk, cron: KubeObject, due: number): Promise<KubeObject | undefined> {
  const template = cron['spec'].jobTemplate as KubeObject;
  const { namespace, name } = cron['metadata'];
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${name}-${Math.floor(due / 60)}`,
      namespace,
      labels: template['metadata']?.labels ?? {},
      annotations: { ...template['metadata']?.annotations, [annotation]: time(due) },
      ownerReferences: [ownerReference(cron)],
    },
    spec: template['spec'],
  };
  try {
    const created = await desk.client.create(resourceOf('Job'), job);
    const message = `Created job ${created['metadata'].name}`;
    await desk.recorder.record({ about: cron, type: 'Normal', reason: 'SuccessfulCreate', message });
    return created;
  } catch (error) {
    if (ApiError.is(error, 409)) return undefined;
    throw error;
  }
}

async function trim(desk: Desk, cron: KubeObject, jobs: readonly KubeObject[]): Promise<void> {
  const limits = [
    ['Complete', Number(cron['spec'].successfulJobsHistoryLimit ?? 3)],
    ['Failed', Number(cron['spec'].failedJobsHistoryLimit ?? 1)],
  ] as const;
  for (const [type, limit] of limits) {
    const over = jobs.filter((job) => conditionOf(job, type)?.['status'] === 'True' && !isTerminating(job));
    const oldest = [...over].sort((a, b) => dueOf(a) - dueOf(b));
    for (const job of oldest.slice(0, Math.max(0, over.length - limit))) await removeJob(desk, cron, job);
  }
}

async function removeJob(desk: Desk, cron: KubeObject, job: KubeObject): Promise<void> {
  const { namespace, name, uid } = job['metadata'];
  await desk.client.remove(resourceOf('Job'), { namespace, name }, { uid, propagationPolicy: 'Background' });
  await desk.recorder.record({
    about: cron,
    type: 'Normal',
    reason: 'SuccessfulDelete',
    message: `Deleted job ${name}`,
  });
}
