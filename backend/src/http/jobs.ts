import {
  AdapterError,
  type Clock,
  type Done,
  type Identity,
  type Log,
  type LongWork,
  type Recorder,
} from '../pipeline/ports.ts';
import { randomUUID } from 'node:crypto';
import { HttpProblem } from './problems.ts';
import { timeOf } from './views/basic-view.ts';
import type { Job } from './wire/system.ts';

type Kind = Job['kind'];
type Work = (work: LongWork) => Promise<Done<unknown>>;
export interface JobBook {
  /** Starts the work and answers at once. Throws 409 when too many are running. */
  start(kind: Kind, by: Identity, work: Work): Job;
  get(id: string): Job | undefined;
  list(): readonly Job[];
  cancel(id: string): Job | undefined;
  /** Cancels what runs; for shutdown. */
  close(): void;
}

const kept = 100;
const atOnce = 2;

/** Long work in this process: not stored, because a restart ends it and its result can be asked for again. */
export function createJobBook(parts: { clock: Pick<Clock, 'now'>; log: Log; recorder: Recorder }): JobBook {
  const { clock, log, recorder } = parts;
  const jobs = new Map<string, { job: Job; stop: AbortController }>();

  function change(id: string, fields: Partial<Job>): void {
    const entry = jobs.get(id);
    if (entry && entry.job.state === 'Running') entry.job = { ...entry.job, ...fields };
  }
  function finish(id: string, state: Job['state'], message: string, result?: unknown): void {
    const entry = jobs.get(id);
    if (entry?.job.state !== 'Running') return;
    const more = result === undefined ? {} : { result };
    change(id, {
      state,
      message,
      progress: state === 'Succeeded' ? 1 : entry.job.progress,
      finishedAt: timeOf(clock.now()),
      ...more,
    });
    recorder.count('kubewise_jobs_total', { kind: entry.job.kind, state });
  }
  function forgetOld(): void {
    for (const [id, { job }] of jobs) if (jobs.size > kept && job.state !== 'Running') jobs.delete(id);
  }

  async function run(id: string, work: Work, stop: AbortController): Promise<void> {
    const progress = (share: number, message: string): void =>
      change(id, { progress: Math.min(1, Math.max(0, share)), message });
    try {
      const done = await work({ progress, signal: stop.signal });
      if (done.ok) finish(id, 'Succeeded', 'done', done.value);
      else finish(id, 'Failed', done.message);
    } catch (error) {
      const known = error instanceof AdapterError;
      if (!known && !stop.signal.aborted) log.error({ module: 'jobs', error, job: id }, 'a job failed unexpectedly');
      finish(id, 'Failed', known ? error.message : 'something went wrong; the log has the details');
    }
  }

  return {
    start(kind, by, work) {
      const running = [...jobs.values()].filter(({ job }) => job.state === 'Running').length;
      if (running >= atOnce)
        throw new HttpProblem(409, 'TooManyJobs', `${running} jobs are running; wait for one to end or cancel it`);
      forgetOld();
      const id = randomUUID();
      const stop = new AbortController();
      const job: Job = {
        ...{ id, kind, state: 'Running', progress: 0, message: 'started', subject: by.subject },
        createdAt: timeOf(clock.now()),
      };
      jobs.set(id, { job, stop });
      void run(id, work, stop);
      return job;
    },
    get: (id) => jobs.get(id)?.job,
    list: () => [...jobs.values()].map(({ job }) => job).reverse(),
    cancel(id) {
      const entry = jobs.get(id);
      finish(id, 'Cancelled', 'cancelled');
      entry?.stop.abort();
      return jobs.get(id)?.job;
    },
    close() {
      for (const id of jobs.keys()) this.cancel(id);
    },
  };
}
