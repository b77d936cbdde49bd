import React from 'react';
import { render, screen } from '@testing-library/react';
import { pointText, roomFor } from './SeriesChart';
import { rangeOf, SeriesCharts, type Charted } from './SeriesCharts';
import { testIds } from './testIds';

// jsdom has no canvas; what is drawn is looked at in the browser test.
jest.mock('./SeriesChart', () => ({
  ...jest.requireActual('./SeriesChart'),
  SeriesChart: ({ title }: { title: string }) => <p>{title}</p>,
}));
// Nor a layout.
jest.mock('./useWidth', () => ({ useWidth: () => [{ current: null }, 600] }));

const columns = { time: [1000, 2000], value: [1, 9], expected: [1, 1], low: [0, null], high: [2, null] };
const chart: Charted = { ...columns, title: 'cpu', unit: 'cores' };
const range = { from: 1000, to: 2000 };
const legend = (): Array<string | null> => screen.getAllByRole('listitem').map(({ textContent }) => textContent);

describe('SeriesCharts', () => {
  it('explains the colours that are there, and no others', () => {
    render(<SeriesCharts charts={[chart]} range={range} height={100} empty="none" />);
    expect(screen.getByText('cpu')).toBeInTheDocument();
    expect(legend()).toEqual([' measured', ' expected band']);
  });

  it('tells changes from actions, and leaves out what lies beyond the range', () => {
    const marks = [
      { at: 1500, byUs: true },
      { at: 9000, byUs: false },
    ];
    const regions = [{ from: 1000, to: 1500, severity: 'critical' }];
    const charts = [{ ...chart, marks, regions }];
    render(<SeriesCharts charts={charts} range={range} height={100} empty="none" regions="would have alerted" />);
    expect(legend()).toEqual([' measured', ' expected band', ' would have alerted', ' action of KubeWise']);
  });

  it('says so where there is nothing to draw', () => {
    render(<SeriesCharts charts={[]} range={range} height={100} empty="No series is known" />);
    expect(screen.getByTestId(testIds.state.empty)).toHaveTextContent('No series is known');
    expect(screen.queryByRole('list', { name: 'Legend' })).not.toBeInTheDocument();
  });

  it('covers the time of all series', () => {
    expect(rangeOf([{ time: [5, 9] }, { time: [] }, { time: [2, 3] }])).toEqual({ from: 2, to: 9 });
  });
});

describe('SeriesChart', () => {
  it('says what was measured and expected where the mouse points', () => {
    const drawn = { ...chart, ...range, width: 1, height: 1, timeZone: 'utc' };
    expect(pointText(drawn, 0)).toBe('1970-01-01 00:00:01: 1 cores, expected 0 cores to 2 cores');
    expect(pointText(drawn, 1)).toBe('1970-01-01 00:00:02: 9 cores');
    expect(pointText(drawn, 7)).toBe('');
  });

  it.each([
    [null, null, [0, 1]],
    [0, 0, [0, 1]],
    [4, 4, [0, 8]],
    [-4, -4, [-8, 0]],
    [0, 10, [0, 11]],
    [-5, 5, [-6, 6]],
    [100, 100.001, [98, 102.001]],
  ])('leaves room around %s to %s', (min, max, room) => {
    expect(roomFor(min, max).map((one) => Math.round(one * 1000) / 1000)).toEqual(room);
  });
});
