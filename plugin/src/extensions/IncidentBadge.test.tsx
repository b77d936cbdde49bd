import React from 'react';
import { render, screen, waitFor } from '@testing-library/react';
import { MemoryRouter } from 'react-router-dom';
import { testIds } from '../components';
import { answer, asked, Pending, Refusal } from '../../tests/runtime';
import { incident } from '../../tests/samples';
import { IncidentBadge } from './IncidentBadge';

jest.mock('@grafana/runtime', () => jest.requireActual('../../tests/runtime').runtime());

const show = (items: unknown) => {
  answer({ 'api/incidents': items });
  render(<IncidentBadge namespace="shop" workload="web" />, { wrapper: MemoryRouter });
};

describe('IncidentBadge', () => {
  it.each([
    [[], 'No incident'],
    [[incident], '1 incident'],
    [[incident, { ...incident, id: 'other' }], '2 incidents'],
  ])('counts what is open and leads to it', async (items, text) => {
    show({ items });
    expect(await screen.findByText(text)).toBeInTheDocument();
    expect(screen.getByRole('link')).toHaveAttribute('href', '/a/kubewise-app/incidents?namespace=shop&name=web&ds=kw');
  });

  it('says that there are more than it counted', async () => {
    show({ items: [incident], next: 'cursor' });
    expect(await screen.findByText('1+ incidents')).toBeInTheDocument();
  });

  it.each([new Refusal(502), new Refusal(403), new Pending()])('is not there where nothing is known', async (said) => {
    show(said);
    await waitFor(() => expect(asked()).toHaveLength(1));
    expect(screen.queryByTestId(testIds.badge.root)).not.toBeInTheDocument();
  });
});
