import type { BacktestResult } from '../http/contract.ts';
import type { Context } from './context.ts';
import { secondsIn, timeIn } from './duration.ts';
import { exitCodes, UsageError, type ExitCode } from './exit.ts';
import { followed } from './job.ts';
import { plain, shortTime, table } from './table.ts';

export interface BacktestOptions {
  readonly from: string;
  readonly to?: string;
  readonly step: string;
  readonly type: string;
  readonly direction: string;
}

function resultText({ series, samples, incidents }: BacktestResult): string {
  const rows = incidents.map((one) => [
    shortTime(one.from),
    shortTime(one.to),
    one.peak.toFixed(3),
    plain(one.target),
    plain(one.sentence),
  ]);
  const summary = `${series} series, ${samples} samples: ${incidents.length} would have alerted`;
  return rows.length > 0 ? `${table(['FROM', 'TO', 'PEAK', 'TARGET', 'WHY'], rows)}\n\n${summary}` : summary;
}

const directionOf = (word: string): 'up' | 'down' | 'both' => {
  if (word === 'up' || word === 'down' || word === 'both') return word;
  throw new UsageError('the direction is up, down or both');
};

/** `kubewise backtest 'PROMQL' --from 7d`: what would have alerted? */
export async function backtest(context: Context, promql: string, options: BacktestOptions): Promise<ExitCode> {
  const api = context.api();
  const { now } = await api.health();
  const job = await api.backtest({
    ...{ promql, from: timeIn(options.from, now), to: options.to === undefined ? now : timeIn(options.to, now) },
    ...{ step: secondsIn(options.step), metricType: options.type, direction: directionOf(options.direction) },
  });
  const ended = await followed(context, job.id);
  if (ended.state !== 'Succeeded') {
    context.io.err(`the backtest ${ended.state.toLowerCase()}: ${plain(ended.message)}`);
    return exitCodes.failed;
  }
  const result = ended.result as BacktestResult;
  context.show(result, () => resultText(result));
  return exitCodes.ok;
}
