import React from 'react';
import { getDefaultTimeRange, LoadingState, type PanelProps } from '@grafana/data';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { testIds } from '../../components';
import { also, answer, Pending, posts, Refusal } from '../../../tests/runtime';
import { anomaly, detail, incident, plan, series } from '../../../tests/samples';
import { AnomaliesPanel, type AnomaliesOptions } from './AnomaliesPanel';

jest.mock('@grafana/runtime', () => jest.requireActual('../../../tests/runtime').runtime());
// jsdom has no canvas; what is drawn is looked at in the browser test.
jest.mock('../../components/SeriesChart', () => ({ SeriesChart: ({ title }: { title: string }) => <p>{title}</p> }));
// Nor a layout.
jest.mock('../../components/useWidth', () => ({ useWidth: () => [{ current: null }, 600] }));

const full = {
  'api/anomalies': { items: [anomaly] },
  'api/series': { series: [series] },
  'api/annotations': { layers: [] },
};
const data: PanelProps['data'] = {
  state: LoadingState.Done,
  timeRange: getDefaultTimeRange(),
  series: [{ fields: [], length: 0, meta: { custom: { kubewise: { uid: 'kw', cluster: 'demo' } } } }],
};
function show(shown: PanelProps['data'] = data) {
  const props = {
    data: shown,
    options: { limit: 50, namespace: '', workload: '', openOnly: false },
    ...{ width: 600, height: 400, timeRange: data.timeRange, timeZone: 'utc' },
    replaceVariables: (text: string) => text,
  };
  render(<AnomaliesPanel {...(props as unknown as PanelProps<AnomaliesOptions>)} />);
}

describe('AnomaliesPanel', () => {
  it('shows the series and asks "was this right?"', async () => {
    const user = userEvent.setup();
    answer(full, 'Editor');
    show();
    expect(await screen.findByText('Deployment shop/web memory')).toBeInTheDocument();
    also({ feedback: anomaly });
    await user.click(screen.getByTestId(testIds.anomaly.wrong));
    expect(posts()).toEqual([['feedback', { anomalyId: anomaly.id, verdict: 'FalsePositive' }]]);
  });

  it('says what is to be expected with the plan and without it, where there is one', async () => {
    const seen = { seen: 3, recovered: 2, medianSeconds: 240 };
    const forecast = { doNothing: seen, withPlan: { seen: 0, recovered: 0 } };
    const path = `api/incidents/${incident.id}`;
    answer({ ...full, [path]: { ...detail, currentPlan: { ...plan, forecast } } });
    show();
    expect(await screen.findByTestId(testIds.plan.forecast)).toHaveTextContent(
      /Left alone: 2 of 3 got well, after 4 min \(median\)\. Treated like this: none yet/
    );
  });

  it('says that there is no forecast where there is no plan', async () => {
    answer(full);
    show();
    expect(await screen.findByText(/No plan is proposed against this/)).toBeInTheDocument();
  });

  it('says that it is loading until there is an answer', () => {
    answer({ 'api/anomalies': new Pending() });
    show();
    expect(screen.getByTestId(testIds.state.loading)).toBeInTheDocument();
  });

  it('begins with the most unusual series of those that are still unusual', async () => {
    const over = { ...anomaly, id: 'over', metricType: 'cpu', open: false, peak: 1 };
    const mild = { ...anomaly, id: 'mild', metricType: 'latency', peak: 0.8 };
    answer({ ...full, 'api/anomalies': { items: [mild, over, { ...anomaly, sentence: 'the worst of all' }] } });
    show();
    expect(await screen.findByText('The worst of all')).toBeInTheDocument();
    expect(screen.getByRole('combobox', { name: 'Series' })).toHaveValue('Deployment shop/web memory');
  });

  it('acknowledges, snoozes and mutes in one click each', async () => {
    const user = userEvent.setup();
    answer({ ...full, 'incidents/actions': incident, mutes: {} }, 'Editor');
    show();
    for (const id of [testIds.anomaly.acknowledge, testIds.anomaly.snooze, testIds.anomaly.mute]) {
      await user.click(await screen.findByTestId(id));
    }
    expect(await screen.findByText('memory of Deployment shop/web is muted for four hours.')).toBeInTheDocument();
    expect(posts()).toEqual([
      ['incidents/actions', { act: 'acknowledge', incidentId: incident.id }],
      ['incidents/actions', { act: 'snooze', incidentId: incident.id, forSeconds: 3600 }],
      ['mutes', expect.objectContaining({ namespace: 'shop', name: 'web', metricType: 'memory', forSeconds: 14_400 })],
    ]);
  });

  it('says what failed and keeps the list', async () => {
    const user = userEvent.setup();
    answer({ ...full, feedback: new Refusal(502) }, 'Editor');
    show();
    await user.click(await screen.findByTestId(testIds.anomaly.right));
    expect(await screen.findByText('Not done')).toBeInTheDocument();
    expect(screen.getByTestId(testIds.anomaly.row)).toBeInTheDocument();
  });

  it('lets a Viewer look only', async () => {
    answer(full, 'Viewer');
    show();
    expect(await screen.findByTestId(testIds.anomaly.right)).toBeDisabled();
  });

  it('says so where the series is not known any more', async () => {
    answer({ ...full, 'api/series': { series: [] } });
    show();
    expect(await screen.findByText(/no longer known/)).toBeInTheDocument();
    expect(screen.getByTestId(testIds.anomaly.row)).toBeInTheDocument();
  });

  it('says so when nothing was unusual', async () => {
    answer({ ...full, 'api/anomalies': { items: [] } });
    show();
    expect(await screen.findByText('No anomaly in this range')).toBeInTheDocument();
  });

  it.each([
    [502, 'Unreachable'],
    [403, 'Permission'],
    [404, 'NotAvailable'],
  ])('says what a %s means', async (status, kind) => {
    answer({ 'api/anomalies': new Refusal(status) });
    show();
    expect(await screen.findByTestId(testIds.state.failure)).toHaveAttribute('data-kind', kind);
  });

  it('asks for a data source when it has none', () => {
    answer({});
    show({ ...data, series: [] });
    expect(screen.getByTestId(testIds.state.failure)).toHaveAttribute('data-kind', 'NotConfigured');
  });
});
