import { FieldType, type DataFrame } from '@grafana/data';
import { annotationsFrame, anomaliesFrame, escapeHtml, incidentsFrame, plansFrame } from './frames';
import { bandFrames, scoreFrames } from './series-frames';
import { anomaly, event, incident, plan, series } from '../../tests/samples';

const values = (frame: DataFrame | undefined, name: string) =>
  frame?.fields.find((field) => field.name === name)?.values;

describe('annotationsFrame', () => {
  it('has the names, in milliseconds, that Grafana maps to events', () => {
    const frame = annotationsFrame([event], 'kw');
    expect(frame.fields.map(({ name }) => name)).toEqual(['time', 'timeEnd', 'title', 'text', 'tags', 'id']);
    expect(values(frame, 'time')).toEqual([Date.parse(event.time)]);
    expect(values(frame, 'timeEnd')).toEqual([Date.parse('2026-11-25T08:59:00.000Z')]);
    expect(values(frame, 'tags')).toEqual([['anomalies', 'critical', 'shop']]);
  });

  it('draws a point where there is no end', () => {
    const frame = annotationsFrame([{ ...event, timeEnd: undefined }], 'kw');
    expect(values(frame, 'timeEnd')).toEqual(values(frame, 'time'));
  });

  it('says how many were merged, and links to the incident of this KubeWise', () => {
    const [text] = values(annotationsFrame([{ ...event, count: 13, open: 3 }], 'kw 1'), 'text') ?? [];
    expect(text).toContain('12 more, 3 open');
    expect(text).toContain(`/a/kubewise-app/incidents/${incident.id}?ds=kw%201`);
  });

  it('escapes what came from the cluster', () => {
    const frame = annotationsFrame([{ ...event, title: '<img onerror=x>', text: `"><script>'&` }], 'kw');
    expect(values(frame, 'title')).toEqual(['&lt;img onerror=x&gt;']);
    expect(values(frame, 'text')?.[0]).not.toContain('<script>');
    expect(escapeHtml(`&<>"'`)).toBe('&amp;&lt;&gt;&quot;&#39;');
  });
});

describe('tables', () => {
  it('link each incident to its page', () => {
    const frame = incidentsFrame([incident], 'kw');
    const link = frame.fields.find(({ name }) => name === 'incident')?.config.links?.[0];
    expect(link?.url).toBe('/a/kubewise-app/incidents/${__data.fields.incident}?ds=kw');
    expect(values(frame, 'timeEnd')).toEqual([null]);
    expect(values(frame, 'reason')).toEqual(['Plan proposed']);
  });

  it('end an open anomaly where it was last seen', () => {
    const frame = anomaliesFrame([anomaly], 'kw');
    expect(values(frame, 'timeEnd')).toEqual([Date.parse(anomaly.updatedAt)]);
    expect(values(frame, 'state')).toEqual(['open']);
    expect(frame.fields.find(({ name }) => name === 'score')?.config).toMatchObject({ min: 0, max: 1 });
  });

  it('carry sentences of a plan, not its evidence', () => {
    const frame = plansFrame([{ incident, plan }], 'kw');
    expect(values(frame, 'plan')).toEqual(['Raise the memory limit of web from 256Mi to 512Mi']);
    expect(JSON.stringify(frame)).not.toContain(plan.reasoning);
  });

  it('are frames with fields when there are no rows', () => {
    expect(incidentsFrame([], 'kw')).toMatchObject({ length: 0 });
    expect(incidentsFrame([], 'kw').fields.length).toBeGreaterThan(5);
  });
});

describe('series', () => {
  it('draws the band between low and high, with the unit of the series', () => {
    const [frame] = bandFrames([series]);
    const high = frame?.fields.find(({ name }) => name === 'high');
    expect(high?.config).toMatchObject({ unit: 'bytes', custom: { fillBelowTo: 'low', lineWidth: 0 } });
    expect(values(frame, 'value')).toEqual([1, null]);
    expect(frame?.fields[0]?.type).toBe(FieldType.time);
  });

  it('holds the score against its threshold', () => {
    const score = scoreFrames([series])[0]?.fields[1];
    expect(score?.config.thresholds?.steps.map(({ value }) => value)).toEqual([-Infinity, 0.87]);
    expect(score?.labels).toMatchObject({ namespace: 'shop', workload: 'web' });
  });
});
