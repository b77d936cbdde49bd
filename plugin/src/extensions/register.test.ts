import { AppPlugin, createDataFrame, FieldType, type PluginExtensionPanelContext } from '@grafana/data';
import { addExtensions, alertPath, hasSeries } from './register';
import { toScore } from './frames';
import manifest from '../plugin.json';

const frame = (points: number) =>
  createDataFrame({
    fields: [
      { name: 'time', type: FieldType.time, values: Array.from({ length: points }, (_, index) => index * 1000) },
      { name: 'a', type: FieldType.number, values: Array.from({ length: points }, (_, index) => index) },
      { name: 'b', type: FieldType.number, values: Array.from({ length: points }, () => Number.NaN) },
    ],
  });
const context = (series: unknown[]) => ({ data: { series } }) as unknown as PluginExtensionPanelContext;

describe('extensions', () => {
  it('are the ones that plugin.json declares, word by word', () => {
    const plugin = addExtensions(new AppPlugin());
    const told = plugin.addedLinkConfigs.map(({ targets, title, description }) => ({ targets, title, description }));
    expect(told).toEqual(manifest.extensions.addedLinks);
    const exposed = plugin.exposedComponentConfigs.map(({ id, title, description }) => ({ id, title, description }));
    expect(exposed).toEqual(manifest.extensions.exposedComponents);
  });

  it('offer to explain panels with series over time only', () => {
    expect(hasSeries(context([frame(3)]))).toBe(true);
    expect(hasSeries(context([]))).toBe(false);
    expect(hasSeries(undefined)).toBe(true);
  });

  it('lead from an alert to its incidents, and take nothing but ids into the path', () => {
    const id = '0b7e3c8a-0000-4000-8000-000000000002';
    expect(alertPath({ labels: { namespace: 'shop', workload: 'web' } })).toBe(
      '/a/kubewise-app/incidents?namespace=shop&name=web'
    );
    expect(alertPath({ instance: { labels: { namespace: 'shop', deployment: 'web', pod: 'web-1' } } })).toBe(
      '/a/kubewise-app/incidents?namespace=shop&name=web'
    );
    expect(alertPath({ instance: { labels: { incident_id: id } } })).toBe(`/a/kubewise-app/incidents/${id}`);
    expect(alertPath({ labels: { incident_id: '../../admin' } })).toBe('/a/kubewise-app/incidents');
    expect(alertPath(undefined)).toBe('/a/kubewise-app/incidents');
  });
});

describe('toScore', () => {
  it('sends the newest 2,000 points, and gaps as null', () => {
    const [a, b] = toScore([frame(2500)]);
    expect(a?.sent.time).toHaveLength(2000);
    expect(a?.sent.values.at(-1)).toBe(2499);
    expect(new Set(b?.sent.values)).toEqual(new Set([null]));
  });

  it('sends at most 50 series and skips what is no series', () => {
    expect(toScore(Array.from({ length: 40 }, () => frame(3)))).toHaveLength(50);
    expect(toScore([frame(1)])).toEqual([]);
    expect(toScore([createDataFrame({ fields: [{ name: 'a', type: FieldType.number, values: [1] }] })])).toEqual([]);
  });
});
