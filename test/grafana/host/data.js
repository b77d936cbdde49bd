import { dateTime, LoadingState } from '@grafana/data';
import { lastValueFrom } from 'rxjs';

/** Ends at KubeWise's now: its cluster may be a simulated one whose clock is ahead. */
export const rangeOf = async ({ datasource }, minutes) => {
  const to = dateTime(await datasource.api.now());
  const from = dateTime(to.valueOf() - minutes * 60_000);
  return { from, to, raw: { from: `now-${minutes}m`, to: 'now' } };
};

/** What a panel gets for a query, as Grafana's runner would hand it over. */
export async function dataOf({ datasource, settings }, query, range) {
  const target = { refId: 'A', ...query, datasource: { uid: settings.uid, type: 'kubewise-datasource' } };
  const request = {
    targets: [target],
    range,
    requestId: query.kind,
    app: 'dashboard',
    intervalMs: 15_000,
    maxDataPoints: 1000,
    scopedVars: {},
  };
  const { data: series, errors } = await lastValueFrom(datasource.query(request));
  return { state: errors?.length ? LoadingState.Error : LoadingState.Done, series, errors, timeRange: range, request };
}
