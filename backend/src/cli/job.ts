import { setTimeout as sleep } from 'node:timers/promises';
import { Presets, SingleBar } from 'cli-progress';
import type { Job } from '../http/contract.ts';
import type { Context } from './context.ts';

const pollMs = 500;

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
      const job = await api.job(jobId);
      bar?.update(job.progress, { message: job.message });
      if (job.state !== 'Running') return job;
      await sleep(pollMs, undefined, { signal: io.signal }).catch(() => undefined);
    }
  } finally {
    bar?.stop();
  }
}
