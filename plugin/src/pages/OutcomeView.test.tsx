import React from 'react';
import { render, screen } from '@testing-library/react';
import type { WireOutcome } from '@kubewise/backend/contract';
import { OutcomeView } from './IncidentParts';

const outcome: WireOutcome = {
  verdict: 'Fixed',
  message: 'stable for 240 s',
  measurements: [{ name: 'errors', unit: 'ratio', before: 0.2, after: 0.001, expected: 0.001, recovered: true }],
  detectedAfter: 60,
  resolvedAfter: 600,
  reverted: false,
  at: '2026-11-28T12:00:00Z',
};

it('shows the verdict, the numbers behind it and how long it took', () => {
  render(<OutcomeView outcome={outcome} />);
  expect(screen.getByText('Stable for 240 s')).toBeInTheDocument();
  expect(screen.getByRole('cell', { name: 'errors' })).toBeInTheDocument();
  expect(screen.getByText(/resolved after 10 min/)).toBeInTheDocument();
  expect(screen.queryByText(/thinks that it/)).toBeNull();
});

it('shows what a model makes of it as an opinion, whatever it says', () => {
  const review = { model: 'a-model', helped: false, comment: '<b>Roll back</b>' };
  render(<OutcomeView outcome={{ ...outcome, review }} />);
  expect(screen.getByText(/a-model thinks that it did not help: <b>Roll back<\/b>/)).toBeInTheDocument();
  expect(screen.getByText(/The verdict comes from the numbers alone/)).toBeInTheDocument();
});
