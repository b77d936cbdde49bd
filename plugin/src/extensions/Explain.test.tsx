import React from 'react';
import { createDataFrame, FieldType } from '@grafana/data';
import { render, screen } from '@testing-library/react';
import type { ScoreFramesAnswer } from '@kubewise/backend/contract';
import { testIds } from '../components';
import { answer, posts, Refusal } from '../../tests/runtime';
import { Explain } from './Explain';

jest.mock('@grafana/runtime', () => jest.requireActual('../../tests/runtime').runtime());
// jsdom has no canvas; what is drawn is looked at in the browser test.
jest.mock('../components/SeriesChart', () => ({ SeriesChart: ({ title }: { title: string }) => <p>{title}</p> }));
// Nor a layout.
jest.mock('../components/useWidth', () => ({ useWidth: () => [{ current: null }, 600] }));

const time = [1000, 2000, 3000];
const frame = createDataFrame({
  fields: [
    { name: 'time', type: FieldType.time, values: time },
    { name: 'latency', type: FieldType.number, values: [1, 1, 9] },
  ],
});
const line = [null, 1, 1];
const scored: ScoreFramesAnswer = {
  frames: [
    {
      ...{ name: 'latency', time, score: line, anomalyScore: line, expected: line, low: line, high: line },
      threshold: 0.78,
      anomalies: [
        {
          ...{ from: '1970-01-01T00:00:03.000Z', to: '1970-01-01T00:00:03.000Z' },
          ...{ peak: 0.97, sentence: 'it rose to nine times what is usual' },
        },
      ],
    },
  ],
  rule: { expr: 'latency > 4', for: '2m', summary: 'latency left its band' },
};

describe('Explain', () => {
  it("sends the panel's own numbers and shows what is odd, with a rule that would have told", async () => {
    answer({ score: scored }, 'Viewer');
    const targets = [{ refId: 'A', expr: 'latency_seconds' }];
    render(<Explain title="Latency" frames={[{ ...frame, refId: 'A' }]} targets={targets} />);
    expect(await screen.findByText('The one series of "Latency" left its expected range.')).toBeInTheDocument();
    expect(screen.getByText(/nine times what is usual/)).toHaveTextContent('score 0.97, threshold 0.78');
    expect(screen.getByTestId(testIds.explain.rule)).toHaveTextContent('expr: latency > 4 for: 2m');
    expect(posts()).toEqual([
      ['score', { frames: [{ name: 'latency', query: 'latency_seconds', time, values: [1, 1, 9] }] }],
    ]);
  });

  it('shows what is unusual and only that, of however many series', async () => {
    const calm = Array.from({ length: 8 }, (_, index) => ({
      ...scored.frames[0]!,
      name: `calm ${index}`,
      anomalies: [],
    }));
    answer({ score: { frames: [...calm, ...scored.frames] } });
    render(<Explain title="" frames={[frame]} />);
    await screen.findByText('1 of the 9 series left its expected range.');
    expect(screen.getAllByText(/^(calm \d|latency)$/, { selector: 'strong' }).map((one) => one.textContent)).toEqual([
      'latency',
    ]);
  });

  it('shows the most unusual first, and says that there are more', async () => {
    const odd = Array.from({ length: 8 }, (_, index) => ({
      ...scored.frames[0]!,
      name: `odd ${index}`,
      anomalies: [{ ...scored.frames[0]!.anomalies[0]!, peak: 0.8 + index / 100 }],
    }));
    answer({ score: { frames: odd } });
    render(<Explain title="" frames={[frame]} />);
    await screen.findByText('8 of the 8 series left their expected range. Below are the 6 most unusual.');
    expect(screen.getAllByText(/^odd \d$/, { selector: 'strong' }).map((one) => one.textContent)).toEqual(
      [7, 6, 5, 4, 3, 2].map((index) => `odd ${index}`)
    );
  });

  it('says so where no rule can be suggested', async () => {
    answer({ score: { frames: scored.frames } });
    render(<Explain title="Latency" frames={[frame]} />);
    expect(await screen.findByText(/No alert rule is suggested/)).toBeInTheDocument();
  });

  it('suggests no rule where nothing is unusual', async () => {
    const calm = scored.frames.map((one) => ({ ...one, anomalies: [] }));
    answer({ score: { frames: calm } });
    render(<Explain title="" frames={[frame]} />);
    expect(
      await screen.findByText('Nothing unusual: the one series stayed where it was expected.')
    ).toBeInTheDocument();
    expect(screen.queryByTestId(testIds.explain.rule)).not.toBeInTheDocument();
    expect(screen.queryByText(/No alert rule/)).not.toBeInTheDocument();
  });

  it('asks nothing of a panel without a series', () => {
    answer({ score: scored });
    render(<Explain title="Text" frames={[]} />);
    expect(screen.getByTestId(testIds.state.empty)).toBeInTheDocument();
    expect(posts()).toEqual([]);
  });

  it.each([
    [502, 'Unreachable'],
    [403, 'Permission'],
  ])('says what a %s means', async (status, kind) => {
    answer({ score: new Refusal(status) });
    render(<Explain title="Latency" frames={[frame]} />);
    expect(await screen.findByTestId(testIds.state.failure)).toHaveAttribute('data-kind', kind);
  });
});
