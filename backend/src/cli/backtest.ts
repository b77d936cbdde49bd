import type { BacktestResult, Replay } from '../http/contract.ts';
import type { Context } from './context.ts';
import { secondsIn, timeIn } from './duration.ts';
import { exitCodes, UsageError, type ExitCode } from './exit.ts';
import { followed } from './job.ts';
import { plain, shortTime, table } from './table.ts';

export interface BacktestOptions {
  readonly query?: string;
  readonly from: string;
  readonly range?: string;
  readonly to?: string;
  readonly step: string;
  readonly type: string;
  readonly direction: string;
}

const leadText = (seconds: number | undefined): string =>
  seconds === undefined ? '' : `, ${Math.round(Math.abs(seconds))} s ${seconds < 0 ? 'behind' : 'ahead'} (median)`;

function replayText(replay: Replay, series: number, samples: number): string {
  const { incidents, alerts, matched, medianLead, labels, days, plansPerDay, approvalsPerDay } = replay;
  const rows = incidents.map(({ from, to, target, cause, plan, signals }) => [
    ...[shortTime(from), shortTime(to), plain(target), plain(signals.join(' ')), plain(cause)],
    plan ? plain(`${plan.actions.join(', ')} (${plan.autonomy})`) : '',
  ]);
  const summary = [
    `${series} series, ${samples} samples, ${days.toFixed(1)} days: ${incidents.length} incidents would have been opened`,
    `${matched} of ${alerts} firings of your own alerts match${leadText(medianLead)}`,
    ...(labels ? [`${labels.matched} of ${labels.count} labels match${leadText(labels.medianLead)}`] : []),
    `${plansPerDay.toFixed(2)} plans and ${approvalsPerDay.toFixed(2)} approvals a day`,
  ];
  const head = ['FROM', 'TO', 'TARGET', 'SIGNALS', 'CAUSE', 'PLAN'];
  return [...(rows.length > 0 ? [table(head, rows), ''] : []), ...summary].join('\n');
}

function resultText({ series, samples, incidents, replay }: BacktestResult): string {
  if (replay) return replayText(replay, series, samples);
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

/**
 * `kubewise backtest --range 14d`: what would KubeWise have done about all that is watched? With a query (argument or
 * `--query`): what of it would have alerted?
 */
export async function backtest(
  context: Context,
  given: string | undefined,
  options: BacktestOptions,
): Promise<ExitCode> {
  const api = context.api();
  const promql = given ?? options.query;
  const { now } = await api.health();
  const job = await api.backtest({
    ...(promql !== undefined && { promql }),
    from: timeIn(options.range ?? options.from, now),
    to: options.to === undefined ? now : timeIn(options.to, now),
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
