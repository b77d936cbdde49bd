import React from 'react';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { WirePlan } from '@kubewise/backend/contract';
import { instances } from '../api';
import { testIds } from '../components';
import { answer, posts, Refusal } from '../../tests/runtime';
import { incident, plan } from '../../tests/samples';
import { EditPlan } from './EditPlan';

jest.mock('@grafana/runtime', () => jest.requireActual('../../tests/runtime').runtime());

const [first] = plan.steps;
const two: WirePlan = {
  ...plan,
  steps: [
    ...plan.steps,
    { ...plan.steps[0]!, id: 's2', sentence: 'Restart web', command: 'restart_deployment name=web ns=shop' },
  ],
};
const path = `commands/${plan.incidentId}/revision`;
const onProposed = jest.fn();

async function open() {
  const [instance] = instances();
  const user = userEvent.setup();
  onProposed.mockReset();
  render(<EditPlan instance={instance!} plan={two} onProposed={onProposed} />);
  await user.click(screen.getByRole('button', { name: /take only part of it/ }));
  return user;
}

describe('EditPlan', () => {
  it('proposes the steps that stay, under the digest that was on the screen', async () => {
    answer({ [path]: { ...incident, phase: 'Proposed' } });
    const user = await open();
    expect(screen.getByTestId(testIds.plan.propose)).toBeDisabled();
    await user.click(screen.getByRole('checkbox', { name: 'Restart web' }));
    await user.click(screen.getByRole('button', { name: 'Propose 1 of 2 steps' }));
    expect(await screen.findByText('Proposed')).toBeInTheDocument();
    expect(posts()).toEqual([[path, { digest: plan.digest, steps: [{ id: first?.id }] }]]);
    expect(onProposed).toHaveBeenCalledTimes(1);
  });

  it('sends a command only for the step whose command was changed', async () => {
    answer({ [path]: { ...incident, phase: 'Proposed' } });
    const user = await open();
    await user.clear(screen.getAllByLabelText('Command')[0]!);
    expect(screen.getByTestId(testIds.plan.propose)).toBeDisabled();
    await user.type(screen.getAllByLabelText('Command')[0]!, 'update_resources name=web ns=shop memory=1Gi');
    await user.click(screen.getByRole('button', { name: 'Propose the changed plan' }));
    await screen.findByText('Proposed');
    const steps = [{ id: 's1', command: 'update_resources name=web ns=shop memory=1Gi' }, { id: 's2' }];
    expect(posts()).toEqual([[path, { digest: plan.digest, steps }]]);
  });

  it('proposes nothing when no step stays', async () => {
    answer({});
    const user = await open();
    for (const box of screen.getAllByRole('checkbox')) {
      await user.click(box);
    }
    expect(screen.getByTestId(testIds.plan.propose)).toBeDisabled();
  });

  it('says that the plan changed meanwhile', async () => {
    answer({ [path]: new Refusal(412, { reason: 'PlanChanged', detail: 'The plan is another one now.' }) });
    const user = await open();
    await user.click(screen.getByRole('checkbox', { name: 'Restart web' }));
    await user.click(screen.getByTestId(testIds.plan.propose));
    expect(await screen.findByText('The plan changed, look again')).toBeInTheDocument();
    expect(onProposed).not.toHaveBeenCalled();
  });

  it.each(['Viewer', 'Editor'])('only shows to a %s', async (role) => {
    answer({}, role);
    await open();
    for (const one of [...screen.getAllByRole('checkbox'), ...screen.getAllByLabelText('Command')]) {
      expect(one).toBeDisabled();
    }
  });
});
