import type { Context } from './context.ts';
import { exitCodes, UsageError, type ExitCode } from './exit.ts';
import { followed } from './job.ts';
import { plain } from './table.ts';

/** `kubewise train --days 14`: trains on the server what is trained (the Isolation Forest), from Prometheus' history. */
export async function train(context: Context, options: { days: string }): Promise<ExitCode> {
  const days = Number(options.days);
  if (!(days > 0)) throw new UsageError('--days is a number of days');
  const started = await context.api().train(days);
  const job = await followed(context, started.job_id);
  context.show(job, () => `training ${job.state.toLowerCase()}: ${plain(job.message)}`);
  return job.state === 'Succeeded' ? exitCodes.ok : exitCodes.failed;
}
