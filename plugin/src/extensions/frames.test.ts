import { createDataFrame, FieldType } from '@grafana/data';
import { queriesOf, toScore } from './frames';

const frame = (meta: object | undefined) =>
  createDataFrame({
    meta,
    fields: [
      { name: 'time', type: FieldType.time, values: [1000, 2000] },
      { name: 'value', type: FieldType.number, values: [1, NaN] },
      { name: 'low', type: FieldType.number, values: [0, 0] },
    ],
  });

describe('toScore', () => {
  it('sends every series of a foreign panel, gaps as null', () => {
    expect(toScore([frame(undefined)]).map(({ sent: { name, values } }) => [name, values])).toEqual([
      ['value', [1, null]],
      ['low', [0, 0]],
    ]);
  });

  it('does not judge the band that KubeWise drew itself', () => {
    const own = { custom: { kubewise: { uid: 'kw', cluster: 'demo' } } };
    expect(toScore([frame(own)])).toHaveLength(1);
  });

  it("sends the query of a frame's own target along, and none where it is no text", () => {
    const targets = [
      { refId: 'A', expr: 'up{job="$job"}' },
      { refId: 'B', rawSql: 'select 1' },
      { refId: 'C', expr: ' ' },
    ];
    const queries = queriesOf(targets, (text) => text.replace('$job', 'api'));
    expect([...queries]).toEqual([['A', 'up{job="api"}']]);
    const [ofA, ofB] = ['A', 'B'].map((refId) => toScore([{ ...frame(undefined), refId }], queries)[0]);
    expect(ofA?.sent.query).toBe('up{job="api"}');
    expect(ofB).not.toHaveProperty('query');
  });
});
