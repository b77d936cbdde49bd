import React from 'react';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { testIds } from '../components';
import { answer, Refusal } from '../../tests/runtime';
import { health, me } from '../../tests/samples';
import { ConfigPage } from './ConfigPage';

const mockSources = jest.fn(() => true);
jest.mock('@grafana/runtime', () => {
  const runtime = jest.requireActual('../../tests/runtime').runtime();
  const { getDataSourceSrv } = runtime;
  return { ...runtime, getDataSourceSrv: () => (mockSources() ? getDataSourceSrv() : { getList: () => [] }) };
});

async function test(answers: Record<string, unknown>): Promise<string> {
  const user = userEvent.setup();
  answer(answers);
  render(<ConfigPage />);
  await user.click(screen.getByTestId(testIds.config.test));
  await screen.findByText(/^(Connected|Not connected)$/);
  return screen.getAllByRole('status')[0]?.textContent ?? '';
}

describe('ConfigPage', () => {
  it('tests the connection of each data source and says what answered', async () => {
    const said = await test({ 'api/health/extended': health, 'api/me': me });
    expect(said).toMatch(/^Connected.*KubeWise 0.1.0 watches cluster demo, mode MANUAL. All parts are well/);
    expect(screen.getByRole('link', { name: 'Address and tokens' })).toHaveAttribute(
      'href',
      '/connections/datasources/edit/kw'
    );
  });

  it('warns of a viewer token that may more than view', async () => {
    const said = await test({ 'api/health/extended': health, 'api/me': { ...me, role: 'admin' } });
    expect(said).toContain('give this data source a token of role viewer');
  });

  it.each([
    [new Refusal(502), /did not answer/],
    [new Refusal(400, { message: 'Authentication to data source failed' }), /refused the token/],
  ])('says why it is not connected', async (refusal, why) => {
    const said = await test({ 'api/health/extended': refusal, 'api/me': refusal });
    expect(said).toMatch(/^Not connected/);
    expect(said).toMatch(why);
  });

  it('leads to a new data source where there is none', () => {
    mockSources.mockReturnValueOnce(false);
    answer({});
    render(<ConfigPage />);
    expect(screen.getByTestId(testIds.state.failure)).toHaveAttribute('data-kind', 'NotConfigured');
    expect(screen.getByRole('link', { name: 'Add a KubeWise data source' })).toBeInTheDocument();
  });
});
