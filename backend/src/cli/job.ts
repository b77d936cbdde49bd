import { setTimeout as sleep } from 'node:timers/promises';
import { Presets, SingleBar } from 'cli-progress';
import { Unreachable } from '../http/client.ts';
import type { Job } from '../http/contract.ts';
import type { Context } from './context.ts';

const pollMs = 500;
/** A server that works hard may close a connection; this often in a row it is asked again. */
const retries = 5;

/** A reading of the job, tried again when the connection breaks. */
async function jobOf(context: Context, jobId: string): Promise<Job> {
  for (let left = retries; ; left -= 1) {
    try {
      return await context.api().job(jobId);
    } catch (error) {
      if (!(error instanceof Unreachable) || left <= 1) throw error;
      await sleep(pollMs);
    }
  }
}

/** Polls a job to its end, with a bar where a person reads along; Ctrl-C cancels it on the server too. */
export async function followed(context: Context, jobId: string): Promise<Job> {
  const { io } = context;
  const api = context.api();
  const bar =
    io.terminal && !context.json
      ? new SingleBar({ format: '{bar} {percentage}% {message}' }, Presets.shades_classic)
      : undefined;
  bar?.start(1, 0, { message: '' });
  try {
    for (;;) {
      if (io.signal.aborted) return await api.cancelJob(jobId);
      const job = await jobOf(context, jobId);
      bar?.update(job.progress, { message: job.message });
      if (job.state !== 'Running') return job;
      await sleep(pollMs, undefined, { signal: io.signal }).catch(() => undefined);
    }
  } finally {
    bar?.stop();
  }
}
