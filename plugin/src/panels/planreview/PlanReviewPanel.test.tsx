import React from 'react';
import { getDefaultTimeRange, LoadingState, type PanelProps } from '@grafana/data';
import { config } from '@grafana/runtime';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { MemoryRouter } from 'react-router-dom';
import { NEVER, of, throwError, type Observable } from 'rxjs';
import { testIds } from '../../components';
import { PlanReviewPanel, type PlanReviewOptions } from './PlanReviewPanel';
import { health, incident, plan } from '../../../tests/samples';

interface Sent {
  readonly url: string;
  readonly method: string;
  readonly data?: unknown;
}
const fetch = jest.fn<Observable<unknown>, [Sent]>();
let proxy = 0;
jest.mock('@grafana/runtime', () => ({
  ...jest.requireActual('@grafana/runtime'),
  config: { bootData: { user: { orgRole: 'Admin', isGrafanaAdmin: false } } },
  getBackendSrv: () => ({ fetch }),
  // An address per test: clients are kept per address.
  getDataSourceSrv: () => ({ getList: () => [{ uid: 'kw', name: 'KubeWise', url: `/proxy${proxy}` }] }),
}));

const ok = (data: unknown) => of({ data, status: 200, ok: true, headers: new Headers() });
function answering(plans: () => Observable<unknown>) {
  fetch.mockImplementation(({ url }) => (url.includes('/plans') ? plans() : ok(health)));
}
const data: PanelProps['data'] = {
  state: LoadingState.Done,
  timeRange: getDefaultTimeRange(),
  series: [{ fields: [], length: 0, meta: { custom: { kubewise: { uid: 'kw', cluster: 'demo' } } } }],
};
function show(role: string, shown: PanelProps['data'] = data, namespace = '') {
  Object.assign(config.bootData.user, { orgRole: role });
  const props = { data: shown, options: { limit: 5, namespace }, width: 600, height: 400 };
  render(<PlanReviewPanel {...(props as unknown as PanelProps<PlanReviewOptions>)} />, { wrapper: MemoryRouter });
}

beforeEach(() => {
  proxy += 1;
  fetch.mockReset();
  answering(() => ok({ items: [{ incident, plan }] }));
});

describe('PlanReviewPanel', () => {
  it('lets an Admin approve: one POST with the digest that was shown', async () => {
    const user = userEvent.setup();
    show('Admin');
    await user.click(await screen.findByTestId(testIds.plan.approve));
    fetch.mockImplementation(() => ok({ ...incident, approvals: [{ subject: 'user:7', issuer: 'grafana' }] }));
    await user.click(screen.getByRole('button', { name: 'Approve and run' }));
    expect(await screen.findByTestId(testIds.plan.decided)).toHaveTextContent('Approved as user:7 (grafana)');
    const posts = fetch.mock.calls.map(([request]) => request).filter(({ method }) => method === 'POST');
    expect(posts).toHaveLength(1);
    expect(posts[0]).toMatchObject({ url: `/proxy${proxy}/approvals`, data: { planId: plan.id, digest: plan.digest } });
  });

  it.each(['Viewer', 'Editor'])('shows the plan to a %s, who cannot act', async (role) => {
    show(role);
    expect(await screen.findByText(plan.reasoning)).toBeInTheDocument();
    expect(screen.getByTestId(testIds.plan.approve)).toBeDisabled();
    expect(screen.getByTestId(testIds.plan.reject)).toBeDisabled();
  });

  it('only shows where the frames do not say which KubeWise they are from', async () => {
    const request = { targets: [{ refId: 'A', datasource: { uid: 'kw' } }] } as PanelProps['data']['request'];
    show('Admin', { ...data, series: [], request });
    expect(await screen.findByText(plan.reasoning)).toBeInTheDocument();
    expect(screen.queryByTestId(testIds.plan.approve)).not.toBeInTheDocument();
  });

  it('says that it is loading until there is an answer', () => {
    answering(() => NEVER);
    show('Admin');
    expect(screen.getByTestId(testIds.state.loading)).toBeInTheDocument();
  });

  it('says so when no plan waits, also in this namespace', async () => {
    show('Admin', data, 'other');
    expect(await screen.findByTestId(testIds.state.empty)).toHaveTextContent('No plan waits for a decision');
  });

  it.each([
    [502, 'Unreachable'],
    [403, 'Permission'],
    [404, 'NotAvailable'],
  ])('says what a %s means and shows no plan', async (status, kind) => {
    answering(() => throwError(() => ({ status, data: {} })));
    show('Admin');
    expect(await screen.findByTestId(testIds.state.failure)).toHaveAttribute('data-kind', kind);
    expect(screen.queryByTestId(testIds.plan.root)).not.toBeInTheDocument();
  });

  it('asks for a data source when it has none', () => {
    show('Admin', { ...data, series: [] });
    expect(screen.getByTestId(testIds.state.failure)).toHaveAttribute('data-kind', 'NotConfigured');
    expect(fetch).not.toHaveBeenCalled();
  });
});
