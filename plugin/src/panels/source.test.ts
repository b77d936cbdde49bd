import { getDefaultTimeRange, LoadingState, type PanelData } from '@grafana/data';
import { mayAct, sourceOf } from './source';

jest.mock('@grafana/runtime', () => ({
  getDataSourceSrv: () => ({
    getList: () => [
      { uid: 'kw', name: 'KubeWise', url: '/proxy' },
      { uid: 'kw2', name: 'Other', url: '/proxy2' },
    ],
  }),
}));
const data = (uid?: string, target?: string): PanelData => ({
  state: LoadingState.Done,
  timeRange: getDefaultTimeRange(),
  series: [{ fields: [], length: 0, meta: uid ? { custom: { kubewise: { uid, cluster: 'demo' } } } : {} }],
  ...(target && { request: { targets: [{ refId: 'A', datasource: { uid: target } }] } as PanelData['request'] }),
});

describe('sourceOf', () => {
  it('goes by the frames, then by the query', () => {
    expect(sourceOf(data('kw2', 'kw'))?.name).toBe('Other');
    expect(sourceOf(data(undefined, 'kw'))?.name).toBe('KubeWise');
    expect(sourceOf(data('prometheus'))).toBeUndefined();
    expect(sourceOf(data())).toBeUndefined();
  });
});

describe('mayAct', () => {
  it('needs frames that name their KubeWise, and a person in front of the page', () => {
    expect(mayAct(data('kw'), 'http://g/d/abc')).toBe(true);
    expect(mayAct(data(undefined, 'kw'), 'http://g/d/abc')).toBe(false);
    expect(mayAct(data('kw'), 'http://g/d/abc?kiosk')).toBe(false);
    expect(mayAct(data('kw'), 'http://g/d-solo/abc?panelId=1')).toBe(false);
    expect(mayAct(data('kw'), 'http://g/dashboard/snapshot/abc')).toBe(false);
  });
});
