import React from 'react';
import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { PlanReview } from './PlanReview';
import { testIds } from './testIds';
import { plan } from '../../tests/samples';

const later = { ...plan, digest: 'b'.repeat(64), reasoning: 'Now the node has no room.' };
const props = {
  plan,
  waiting: true,
  mayDecide: true,
  whyNot: 'Deciding needs the role Admin in this Grafana',
  onApprove: jest.fn(),
  onReject: jest.fn(),
  onRefresh: jest.fn(),
};
const review = (part: Partial<React.ComponentProps<typeof PlanReview>> = {}) => <PlanReview {...props} {...part} />;

beforeEach(() => {
  jest.resetAllMocks();
  props.onApprove.mockResolvedValue({ kind: 'Done', message: 'Approved as user:7.' });
  props.onReject.mockResolvedValue({ kind: 'Done', message: 'Rejected.' });
});

describe('PlanReview', () => {
  it('shows what, why, the diff, the permissions and the digest', () => {
    const diff = [{ path: 'spec.limits.memory', before: '256Mi', after: '512Mi' }];
    const permissions = [{ verb: 'patch', group: 'apps', resource: 'deployments', namespace: 'shop', allowed: false }];
    const dryRuns = [
      { stepId: 's1', verdict: 'Warn' as const, reason: 'OwnedByOther', message: 'Argo CD owns it', diff },
    ];
    render(review({ plan: { ...plan, dryRuns, permissions } }));
    expect(screen.getByText(plan.reasoning)).toBeInTheDocument();
    expect(screen.getByTestId(testIds.plan.diff)).toHaveTextContent('spec.limits.memory256Mi512Mi');
    expect(screen.getByText(/Argo CD owns it/)).toBeInTheDocument();
    expect(screen.getByText('dry run: warning')).toBeInTheDocument();
    expect(screen.getByLabelText('Permissions that the plan needs')).toHaveTextContent(
      'patch deployments in shop (not granted)'
    );
    expect(screen.getByText('aaaaaaaaaaaa')).toBeInTheDocument();
  });

  it('tells what became of earlier incidents left alone and treated like this, and says when there is none', () => {
    const doNothing = { seen: 3, recovered: 1, medianSeconds: 600 };
    const { unmount } = render(
      review({ plan: { ...plan, forecast: { doNothing, withPlan: { seen: 0, recovered: 0 } } } })
    );
    expect(screen.getByTestId(testIds.plan.forecast)).toHaveTextContent(
      'Left alone: 1 of 3 got well, after 10 min (median). Treated like this: none yet. Simulation: not available.'
    );
    unmount();
    render(review());
    expect(screen.getByTestId(testIds.plan.forecast)).toHaveTextContent('Forecast: not available');
  });

  it('approves the plan on the screen after a second look, and says as whom', async () => {
    const user = userEvent.setup();
    render(review());
    await user.click(screen.getByTestId(testIds.plan.approve));
    expect(props.onApprove).not.toHaveBeenCalled();
    await user.click(screen.getByRole('button', { name: 'Approve and run' }));
    expect(props.onApprove).toHaveBeenCalledWith(plan);
    expect(await screen.findByText('Approved as user:7.')).toBeInTheDocument();
    expect(screen.queryByTestId(testIds.plan.approve)).not.toBeInTheDocument();
  });

  it('rejects only with a reason', async () => {
    const user = userEvent.setup();
    render(review());
    await user.click(screen.getByTestId(testIds.plan.reject));
    expect(screen.getByTestId(testIds.plan.confirmReject)).toBeDisabled();
    await user.type(screen.getByTestId(testIds.plan.reason), ' not on a Friday ');
    await user.click(screen.getByTestId(testIds.plan.confirmReject));
    expect(props.onReject).toHaveBeenCalledWith(plan, 'not on a Friday');
  });

  it('shows a Viewer the plan and takes no decision', async () => {
    render(review({ mayDecide: false }));
    expect(screen.getByText(plan.reasoning)).toBeInTheDocument();
    expect(screen.getByTestId(testIds.plan.approve)).toBeDisabled();
    expect(screen.getByTestId(testIds.plan.reject)).toBeDisabled();
  });

  it('has no buttons where nobody may act', () => {
    render(review({ readOnly: true }));
    expect(screen.queryByTestId(testIds.plan.approve)).not.toBeInTheDocument();
  });

  it('asks to look again when the digest was stale, then shows the plan as it is', async () => {
    props.onApprove.mockResolvedValue({ kind: 'Changed', message: 'The plan changed.' });
    const user = userEvent.setup();
    const { rerender } = render(review());
    await user.click(screen.getByTestId(testIds.plan.approve));
    await user.click(screen.getByRole('button', { name: 'Approve and run' }));
    expect(await screen.findByText('The plan changed, look again')).toBeInTheDocument();
    rerender(review({ plan: later }));
    await user.click(screen.getByRole('button', { name: /Show the plan as it is now/ }));
    expect(props.onRefresh).toHaveBeenCalled();
    expect(screen.getByText(later.reasoning)).toBeInTheDocument();
    expect(screen.getByTestId(testIds.plan.approve)).toBeEnabled();
  });

  it('moves nothing under the reader when a refresh brings another plan', async () => {
    const user = userEvent.setup();
    const { rerender } = render(review());
    rerender(review({ plan: later }));
    expect(screen.getByText(plan.reasoning)).toBeInTheDocument();
    expect(screen.queryByText(later.reasoning)).not.toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Show it as it is now' }));
    expect(screen.getByText(later.reasoning)).toBeInTheDocument();
  });

  it('says why it was not done, and lets the person try again', async () => {
    props.onApprove.mockResolvedValue({ kind: 'Failed', message: 'user:7 may not approve in shop.' });
    const user = userEvent.setup();
    render(review());
    await user.click(screen.getByTestId(testIds.plan.approve));
    await user.click(screen.getByRole('button', { name: 'Approve and run' }));
    expect(await screen.findByText('user:7 may not approve in shop.')).toBeInTheDocument();
    expect(screen.getByTestId(testIds.plan.approve)).toBeEnabled();
  });
});

describe('the countdown', () => {
  beforeEach(() => jest.useFakeTimers({ now: Date.parse('2026-11-25T09:58:30.000Z') }));
  afterEach(() => jest.useRealTimers());

  it('counts down to the second near the end, then says expired', () => {
    render(review());
    const expiry = screen.getByTestId(testIds.plan.expiry);
    expect(expiry).toHaveTextContent('expires in 2 min');
    act(() => void jest.advanceTimersByTime(30_000));
    expect(expiry).toHaveTextContent('expires in 60 s');
    act(() => void jest.advanceTimersByTime(60_000));
    expect(expiry).toHaveTextContent('expired');
  });

  it("goes by KubeWise's clock", () => {
    render(review({ skew: -30 * 60_000 }));
    expect(screen.getByTestId(testIds.plan.expiry)).toHaveTextContent('expires in 32 min');
  });

  it('shows the plan that this person has just proposed without asking to look again', () => {
    const { rerender } = render(review());
    rerender(review({ plan: later, own: later.digest }));
    expect(screen.getByText(later.reasoning)).toBeInTheDocument();
    expect(screen.queryByTestId(testIds.plan.changed)).not.toBeInTheDocument();
    rerender(review({ plan: { ...plan, digest: 'c'.repeat(64) }, own: later.digest }));
    expect(screen.getByTestId(testIds.plan.changed)).toBeInTheDocument();
  });
});
