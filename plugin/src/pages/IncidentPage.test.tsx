import React from 'react';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { IncidentDetail } from '@kubewise/backend/contract';
import { MemoryRouter, Route, Routes } from 'react-router-dom';
import { testIds } from '../components';
import { also, answer, Pending, posts, Refusal } from '../../tests/runtime';
import { anomaly, detail, health, plan, series, target } from '../../tests/samples';
import { IncidentPage } from './IncidentPage';

jest.mock('@grafana/runtime', () => jest.requireActual('../../tests/runtime').runtime());
// jsdom has no canvas; what is drawn is looked at in the browser test.
jest.mock('../components/SeriesChart', () => ({ SeriesChart: ({ title }: { title: string }) => <p>{title}</p> }));
// Nor a layout.
jest.mock('../components/useWidth', () => ({ useWidth: () => [{ current: null }, 600] }));

const path = `api/incidents/${detail.id}`;
const answers = (incident: IncidentDetail = detail) => ({
  [path]: incident,
  'api/health/extended': health,
  'api/series': { series: [series], omitted: 0 },
  'api/anomalies': { items: [anomaly] },
});
async function show(): Promise<void> {
  render(
    <MemoryRouter initialEntries={[`/incidents/${detail.id}`]}>
      <Routes>
        <Route path="incidents/:id" element={<IncidentPage />} />
      </Routes>
    </MemoryRouter>
  );
  await screen.findByTestId(testIds.incident.page);
}
const section = async (name: string): Promise<HTMLElement> => screen.findByRole('region', { name });

describe('IncidentPage', () => {
  it('tells the whole story: what, why, the plan, the series, the anomalies, the timeline and the audit trail', async () => {
    answer(answers());
    await show();
    expect(await screen.findByRole('heading', { name: detail.title })).toBeInTheDocument();
    expect(within(await section('Suspected causes')).getByText(/Out of memory/)).toBeInTheDocument();
    expect(await section('Suspected causes')).toHaveTextContent('Container app was killed');
    expect(within(await section('Plan, waiting for a decision')).getByText(plan.reasoning)).toBeInTheDocument();
    expect(await within(await section('Series')).findByText('Deployment shop/web memory')).toBeInTheDocument();
    expect(await screen.findByText(anomaly.sentence)).toBeInTheDocument();
    expect(within(screen.getByTestId(testIds.incident.timeline)).getAllByRole('listitem')).toHaveLength(2);
    expect(screen.getByTestId(testIds.incident.audit)).toHaveTextContent('7 cccccccc');
    expect(screen.queryByRole('heading', { name: 'Outcome' })).not.toBeInTheDocument();
  });

  it('of a closed incident shows what was done and how it went, and offers nothing to decide', async () => {
    const closed: IncidentDetail = {
      ...{ ...detail, phase: 'Resolved', open: false, verdict: 'Fixed', closedAt: '2026-11-25T09:20:00.000Z' },
      actions: [
        {
          ...{ id: 'ac1', stepId: 's1', sentence: 'Raise the memory limit', command: 'c', state: 'Verified' },
          ...{ message: '', tries: 1, undoable: true, startedAt: '2026-11-25T09:10:00.000Z', approvedBy: 'user:4' },
        },
      ],
      outcome: {
        ...{ verdict: 'Fixed', message: 'Memory is back in its band.', measurements: [], reverted: false },
        ...{ resolvedAfter: 1500, at: '2026-11-25T09:20:00.000Z' },
      },
      similar: [{ id: 'older', target, title: 'web was killed before', phase: 'Resolved', openedAt: detail.openedAt }],
    };
    answer(answers(closed));
    await show();
    expect(within(await section('Outcome')).getByText(/resolved after 25 min/)).toBeInTheDocument();
    expect(await section('What was done')).toHaveTextContent('Approved by user:4');
    expect(screen.getByRole('link', { name: 'web was killed before' })).toHaveAttribute(
      'href',
      '/a/kubewise-app/incidents/older?ds=kw'
    );
    expect(screen.queryByTestId(testIds.plan.approve)).not.toBeInTheDocument();
    expect(screen.getByTestId(testIds.anomaly.acknowledge)).toBeDisabled();
  });

  it('shows what an act answered, without asking again', async () => {
    const user = userEvent.setup();
    answer(answers(), 'Editor');
    await show();
    const acknowledge = await screen.findByRole('button', { name: 'Acknowledge' });
    also({ 'incidents/actions': { ...detail, acknowledgedBy: 'edda' } });
    await user.click(acknowledge);
    expect(await screen.findByText('acknowledged by edda')).toBeInTheDocument();
    expect(posts()).toEqual([['incidents/actions', { act: 'acknowledge', incidentId: detail.id }]]);
  });

  it.each([
    ['Viewer', true],
    ['Editor', true],
    ['Admin', false],
  ])('a %s may approve: disabled %s', async (role, disabled) => {
    answer(answers(), role);
    await show();
    const approve = await screen.findByTestId(testIds.plan.approve);
    expect(approve.hasAttribute('disabled')).toBe(disabled);
  });

  it('draws what is unusual first', async () => {
    const calm = { ...series, query: 'cpu', metricType: 'cpu' };
    answer({ ...answers(), 'api/series': { series: [calm, series], omitted: 0 } });
    await show();
    const drawn = await within(await section('Series')).findAllByText(/^Deployment shop\/web/);
    expect(drawn.map(({ textContent }) => textContent)).toEqual(['Deployment shop/web memory', 'Deployment shop/web cpu']);
  });

  it('says the reason of a waiting plan once', async () => {
    answer(answers({ ...detail, message: plan.reasoning }));
    await show();
    await section('Plan, waiting for a decision');
    expect(screen.getAllByText(plan.reasoning)).toHaveLength(1);
  });

  it('says that it is loading until there is an answer', async () => {
    answer({ ...answers(), [path]: new Pending() });
    await show();
    expect(screen.getByTestId(testIds.state.loading)).toBeInTheDocument();
  });

  it.each([
    [502, {}, 'Unreachable'],
    [403, {}, 'Permission'],
    [404, { reason: 'IncidentNotFound' }, 'NotFound'],
  ])('says what a %s means, and shows nothing of an incident', async (status, body, kind) => {
    answer({ ...answers(), [path]: new Refusal(status, body) });
    await show();
    expect(await screen.findByTestId(testIds.state.failure)).toHaveAttribute('data-kind', kind);
    expect(screen.queryByTestId(testIds.plan.root)).not.toBeInTheDocument();
  });

  it('keeps the plan on the page when only its series cannot be had', async () => {
    answer({ ...answers(), 'api/series': new Refusal(404) });
    await show();
    expect(await within(await section('Series')).findByTestId(testIds.state.failure)).toHaveAttribute(
      'data-kind',
      'NotAvailable'
    );
    expect(screen.getByTestId(testIds.plan.root)).toBeInTheDocument();
  });
});
