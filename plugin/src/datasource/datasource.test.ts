import {
  CoreApp,
  dateTime,
  LoadingState,
  type AdHocVariableFilter,
  type DataQueryRequest,
  type DataSourceInstanceSettings,
} from '@grafana/data';
import { lastValueFrom, of, take, throwError, toArray, type Observable } from 'rxjs';
import { KubeWiseDatasource } from './datasource';
import type { KubeWiseOptions, KubeWiseQuery } from './types';
import { event, incident } from '../../tests/samples';

const fetch = jest.fn<Observable<unknown>, [{ url: string }]>();
const variables: Readonly<Record<string, string | string[]>> = {
  $namespace: 'shop',
  $all: '$__all',
  $many: ['web', 'api'],
};
jest.mock('@grafana/runtime', () => ({
  getBackendSrv: () => ({ fetch }),
  getTemplateSrv: () => ({
    replace: (text: string, _: unknown, format?: (value: string | string[]) => string) => {
      const value = variables[text] ?? text;
      return format ? format(value) : String(value);
    },
  }),
}));

const settings = { uid: 'kw', id: 1, url: '/proxy', type: 'kubewise-datasource' };
let instance = 0;
/** Each with an address of its own: answers are kept per address. */
const datasource = () =>
  new KubeWiseDatasource({ ...settings, url: `/proxy${++instance}` } as DataSourceInstanceSettings<KubeWiseOptions>);
const request = (targets: KubeWiseQuery[], more: Partial<DataQueryRequest<KubeWiseQuery>> = {}) => ({
  requestId: '1',
  interval: '1m',
  intervalMs: 60_000,
  scopedVars: {},
  timezone: 'utc',
  app: CoreApp.Dashboard,
  startTime: 0,
  range: { from: dateTime(0), to: dateTime(3_600_000), raw: { from: 'now-1h', to: 'now' } },
  targets,
  ...more,
});
const ok = (data: unknown) => of({ data, status: 200, ok: true, headers: new Headers() });
const ask = (...args: Parameters<typeof request>) => lastValueFrom(datasource().query(request(...args)));
const asked = () => fetch.mock.calls.map(([{ url }]) => new URL(url, 'http://grafana'));

beforeEach(() => fetch.mockReset());

describe('query', () => {
  it('marks its frames with the KubeWise and cluster they came from', async () => {
    fetch.mockReturnValue(ok({ items: [incident] }));
    const { data, state } = await ask([{ refId: 'A', kind: 'incidents' }]);
    expect(state).toBe(LoadingState.Done);
    expect(data[0]).toMatchObject({ refId: 'A', meta: { custom: { kubewise: { uid: 'kw', cluster: 'demo' } } } });
    expect(asked()[0]?.searchParams.get('from')).toBe('1970-01-01T00:00:00.000Z');
  });

  it('fills variables, takes All as no filter, and several values as a filter of its own', async () => {
    fetch.mockReturnValue(ok({ items: [incident, { ...incident, target: { ...incident.target, name: 'other' } }] }));
    const { data } = await ask([
      { refId: 'A', kind: 'incidents', namespace: '$namespace', workload: '$many', severity: '$all' },
    ]);
    const search = asked()[0]?.searchParams;
    expect(search?.get('namespace')).toBe('shop');
    expect(search?.has('severity')).toBe(false);
    expect(search?.has('name')).toBe(false);
    expect(data[0]?.length).toBe(1);
  });

  it('applies ad-hoc filters of the dashboard', async () => {
    fetch.mockReturnValue(ok({ items: [incident] }));
    const filters: AdHocVariableFilter[] = [{ key: 'severity', operator: '=', value: 'info' }];
    const { data } = await ask([{ refId: 'A' }], { filters });
    expect(data[0]?.length).toBe(0);
  });

  it('asks once for all annotation layers, whatever each of them shows', async () => {
    fetch.mockReturnValue(
      ok({
        layers: [
          { layer: 'anomalies', events: [event, { ...event, severity: 'info' }] },
          { layer: 'plans', events: [event] },
        ],
      })
    );
    const { data } = await ask([
      { refId: 'A', kind: 'annotations', layers: ['anomalies'], severity: 'critical' },
      { refId: 'B', kind: 'annotations', layers: ['anomalies', 'plans'] },
    ]);
    expect(fetch).toHaveBeenCalledTimes(1);
    expect(data.map(({ length }) => length)).toEqual([1, 3]);
  });

  it('lets one target fail alone', async () => {
    fetch.mockImplementation(({ url }) =>
      url.includes('/plans') ? throwError(() => ({ status: 502, data: {} })) : ok({ items: [incident] })
    );
    const response = await ask([{ refId: 'A' }, { refId: 'B', kind: 'plans' }]);
    expect(response.data).toHaveLength(1);
    expect(response.errors).toEqual([{ refId: 'B', message: 'KubeWise did not answer.' }]);
    expect(response.state).toBe(LoadingState.Error);
  });

  it('leaves out hidden targets', async () => {
    expect((await ask([{ refId: 'A', hide: true }])).data).toEqual([]);
    expect(fetch).not.toHaveBeenCalled();
  });

  it('keeps asking in a live view', async () => {
    jest.useFakeTimers();
    fetch.mockReturnValue(ok({ items: [] }));
    const answers = lastValueFrom(
      datasource()
        .query(request([{ refId: 'A' }], { liveStreaming: true }))
        .pipe(take(2), toArray())
    );
    await jest.advanceTimersByTimeAsync(10_000);
    expect((await answers).map(({ state }) => state)).toEqual([LoadingState.Streaming, LoadingState.Streaming]);
    jest.useRealTimers();
  });
});

describe('testDatasource', () => {
  it('says what is wrong and what to check', async () => {
    fetch.mockReturnValue(throwError(() => ({ status: 502, data: {} })));
    expect(await datasource().testDatasource()).toEqual({
      status: 'error',
      message: 'KubeWise did not answer. Check the address of KubeWise and that it runs.',
    });
    fetch.mockReturnValue(
      throwError(() => ({ status: 400, data: { message: 'Authentication to data source failed' } }))
    );
    expect((await datasource().testDatasource()).message).toContain('Check the viewer token.');
  });
});

describe('metricFindQuery', () => {
  it('takes the text of classic and of query variables', async () => {
    expect(await datasource().metricFindQuery('severities')).toHaveLength(3);
    expect(await datasource().metricFindQuery({ query: 'severities' })).toHaveLength(3);
    expect(await datasource().getTagValues({ key: 'severity', filters: [] })).toHaveLength(3);
  });
});
