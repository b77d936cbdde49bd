import React, { type ComponentType } from 'react';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { MemoryRouter } from 'react-router-dom';
import { testIds } from '../components';
import { answer, asked, Pending, posts, Refusal } from '../../tests/runtime';
import { action, detectors, health, incident, me, quality, query } from '../../tests/samples';
import { ActionsPage } from './ActionsPage';
import { DetectorsPage } from './DetectorsPage';
import { IncidentsPage } from './IncidentsPage';
import { SetupPage } from './SetupPage';

jest.mock('@grafana/runtime', () => jest.requireActual('../../tests/runtime').runtime());

const page = <T,>(...items: T[]) => ({ items });
const full = {
  'api/incidents': page(incident),
  'api/detectors': detectors,
  'api/detectors/quality': quality,
  'api/mutes': page(),
  'api/actions': page(action),
  'api/mode': { mode: 'MANUAL' },
  'api/killswitch': { on: false },
  'api/me': me,
  'api/health/extended': health,
  'api/queries': page(query),
  'api/permissions': page(),
};
const empty = {
  ...full,
  'api/incidents': page(),
  'api/detectors': { ...detectors, items: [], model: {} },
  'api/actions': page(),
  'api/queries': page(),
};
const show = (Page: ComponentType, at = '/') =>
  render(
    <MemoryRouter initialEntries={[at]}>
      <Page />
    </MemoryRouter>
  );
const pages: ReadonlyArray<readonly [string, ComponentType, string]> = [
  ['incidents', IncidentsPage, 'web is killed for memory'],
  ['detectors', DetectorsPage, 'workload-memory'],
  ['actions', ActionsPage, 'restart_deployment'],
  ['setup', SetupPage, 'workload-memory'],
];

describe.each(pages)('page %s', (_, Page, content) => {
  it('shows what the backend answered', async () => {
    answer(full);
    show(Page);
    expect((await screen.findAllByText(content)).length).toBeGreaterThan(0);
  });

  it('says that there is nothing when there is nothing', async () => {
    answer(empty);
    show(Page);
    expect((await screen.findAllByTestId(testIds.state.empty)).length).toBeGreaterThan(0);
    expect(screen.queryByText(content)).not.toBeInTheDocument();
  });

  it('says that it is loading until there is an answer', () => {
    answer(full);
    show(Page);
    expect(screen.getAllByTestId(testIds.state.loading).length).toBeGreaterThan(0);
  });

  it.each([
    [502, 'Unreachable'],
    [403, 'Permission'],
    [404, 'NotAvailable'],
  ])('says what a %s means and shows nothing else', async (status, kind) => {
    answer(Object.fromEntries(Object.keys(full).map((path) => [path, new Refusal(status)])));
    show(Page);
    const [first] = await screen.findAllByTestId(testIds.state.failure);
    expect(first).toHaveAttribute('data-kind', kind);
    expect(screen.queryByText(content)).not.toBeInTheDocument();
  });
});

describe('DetectorsPage', () => {
  const rowsOf = async (table: string): Promise<string[]> =>
    within(await screen.findByRole('region', { name: table }))
      .getAllByRole('row')
      .map((row) =>
        within(row)
          .queryAllByRole('cell')
          .map(({ textContent }) => textContent?.trim())
          .join(' | ')
      )
      .filter((text) => text !== '');

  it('shows each week with its precision and budget, the newest first', async () => {
    answer(full);
    show(DetectorsPage);
    expect(await rowsOf('Quality by week')).toEqual([
      '2026-11-18 to 2026-11-25 | 12 | 75% of 4 | 1 | 6 | 4 over the budget',
      '2026-11-11 to 2026-11-18 | 0 | not judged | 0 | 0 | 0',
    ]);
  });

  it('tells whether scores can be believed: by what people said, and by how often samples are called rare', async () => {
    answer(full);
    show(DetectorsPage);
    expect(await rowsOf('Precision by score')).toEqual(['0.80 to 0.90 | 0% of 1 | 1', '0.95 to 1.00 | 100% of 3 | 0']);
    expect(await rowsOf('Calibration of scores')).toEqual(['1 in 10 | 10% | 9.50%', '1 in 100 | 1% | 0.900%']);
  });

  it('says what is missing while nobody has judged anything and no sample was scored', async () => {
    const scores = quality.scores.map((one) => ({ ...one, truePositives: 0, falsePositives: 0 }));
    const calibration = { since: '2026-11-24T09:00:00.000Z', samples: 0, tails: [] };
    answer({ ...full, 'api/detectors/quality': { ...quality, scores, calibration } });
    show(DetectorsPage);
    expect(await screen.findByText(/Nobody has judged an anomaly yet/)).toBeInTheDocument();
    expect(screen.getByText(/every series is still learning/)).toBeInTheDocument();
  });

  it('of an older KubeWise says that it does not offer this, and shows the rest', async () => {
    const { 'api/detectors/quality': _quality, ...older } = full;
    answer(older);
    show(DetectorsPage);
    const section = await screen.findByTestId(testIds.detectors.quality);
    expect(await within(section).findByTestId(testIds.state.failure)).toHaveAttribute('data-kind', 'NotAvailable');
    expect(await screen.findByText('workload-memory')).toBeInTheDocument();
  });
});

describe('SetupPage', () => {
  it('counts what the last week would have brought, and the alerts it meets', async () => {
    answer(full);
    show(SetupPage);
    await screen.findByText(/In the last 7 days/);
    expect(screen.getByTestId(testIds.setup.lastWeek)).toHaveTextContent(
      /would have opened 2 incidents; 1 of your 3 firing alerts match. It would have been 2 min before your alert/
    );
  });

  it('names each query as found, empty or absent, and how far the warm start is', async () => {
    answer({ ...full, 'api/queries': page(query, { ...query, name: 'dns-errors', state: 'absent', series: 0 }) });
    show(SetupPage);
    expect(await screen.findByText('1 of 2 find series.', { exact: false })).toHaveTextContent('1 ask about things');
    const warm = await screen.findByTestId(testIds.setup.warmStart);
    expect(warm).toHaveAttribute('data-state', 'done');
    expect(warm).toHaveTextContent('8 of 10 series know their normal');
  });

  it('warns when reads use a token that may write', async () => {
    answer({ ...full, 'api/me': { ...me, role: 'admin' } });
    show(SetupPage);
    expect(await screen.findByText(/give the data source a token of role viewer/)).toBeInTheDocument();
  });
});

describe('SetupPage, rights', () => {
  it.each([
    ['Viewer', ['yes', 'no', 'no', 'no', 'no', 'no', 'no']],
    ['Editor', ['yes', 'yes', 'yes', 'yes', 'no', 'no', 'no']],
    ['Admin', ['yes', 'yes', 'yes', 'yes', 'yes', 'yes', 'yes']],
  ])('tells a %s what they may do', async (role, may) => {
    answer(full, role);
    show(SetupPage);
    const rows = within(await screen.findByRole('region', { name: 'Your rights' })).getAllByRole('row');
    expect(rows.slice(1).map((row) => within(row).getAllByRole('cell').at(-1)?.textContent)).toEqual(may);
  });
});

describe('DetectorsPage, mutes', () => {
  it('says why a mute could not be ended', async () => {
    const user = userEvent.setup();
    const mute = {
      id: 'm1',
      namespace: 'shop',
      name: 'web',
      until: '2026-11-25T13:00:00.000Z',
      why: 'x',
      subject: 'y',
    };
    answer({ ...full, 'api/mutes': page(mute), 'mutes/end': new Refusal(502) });
    show(DetectorsPage);
    await user.click(await screen.findByRole('button', { name: 'End' }));
    expect(await screen.findByText('Not done')).toBeInTheDocument();
    expect(screen.getByText('shop/web')).toBeInTheDocument();
  });
});

describe('ActionsPage', () => {
  it('stops everything even while a change of the mode is on its way', async () => {
    const user = userEvent.setup();
    answer({ ...full, 'api/mode': { mode: 'AUTO' }, mode: new Pending() });
    show(ActionsPage);
    await user.click(await screen.findByRole('radio', { name: 'MANUAL' }));
    await user.click(screen.getByRole('button', { name: 'Stop all remediations' }));
    expect(posts()).toEqual([
      ['mode', { mode: 'MANUAL' }],
      ['killswitch/stop', { on: true }],
    ]);
  });

  it.each([
    ['Viewer', true],
    ['Editor', false],
  ])('a %s may stop everything: disabled %s', async (role, disabled) => {
    answer(full, role);
    show(ActionsPage);
    const stop = await screen.findByRole('button', { name: 'Stop all remediations' });
    expect(stop.getAttribute('aria-disabled') === 'true' || stop.hasAttribute('disabled')).toBe(disabled);
    if (!disabled) {
      stop.click();
      expect(posts()).toEqual([['killswitch/stop', { on: true }]]);
    }
  });
});

describe('IncidentsPage', () => {
  it('says that it shows the first ones only while there are more', async () => {
    const items = Array.from({ length: 100 }, (_, index) => ({ ...incident, id: String(index) }));
    answer({ ...full, 'api/incidents': { items, next: 'cursor' } });
    show(IncidentsPage);
    expect(await screen.findByText(/These are the first 100 in this order/)).toBeInTheDocument();
    expect(screen.getByTestId(testIds.incidents.more)).toBeInTheDocument();
  });

  it('shows what a link narrowed it to, and takes it away again', async () => {
    const user = userEvent.setup();
    answer(full);
    show(IncidentsPage, '/?namespace=shop&name=web');
    expect((await screen.findAllByTestId(testIds.incidents.filter)).map(({ textContent }) => textContent)).toEqual([
      'namespace shop',
      'workload web',
    ]);
    await user.click(screen.getByRole('button', { name: 'Do not filter by workload web' }));
    expect(screen.getAllByTestId(testIds.incidents.filter)).toHaveLength(1);
  });

  it('lets the backend sort, or the first page would not have the most severe of all', async () => {
    answer(full);
    show(IncidentsPage, '/?sort=severity');
    await screen.findByText('web is killed for memory');
    expect(asked().filter((url) => url.includes('api/incidents'))).toEqual([
      expect.stringContaining('sort=severity&order=desc'),
    ]);
  });

  it('groups by what the address says', async () => {
    answer({ ...full, 'api/incidents': page(incident, { ...incident, id: '2', severity: 'warning' as const }) });
    show(IncidentsPage, '/?group=severity');
    expect((await screen.findAllByRole('heading', { level: 2 })).map((one) => one.textContent)).toEqual([
      'critical 1',
      'warning 1',
    ]);
  });
});
