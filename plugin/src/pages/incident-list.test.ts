import type { Instance } from '../api';
import { grouped, list, paramsOf, sorted, viewOf, type Row } from './incident-list';
import { incident } from '../../tests/samples';

const view = (search: string) => viewOf(new URLSearchParams(search));
const row = (part: Partial<Row['incident']>): Row => ({
  instance: { uid: 'kw' } as Instance,
  incident: { ...incident, ...part },
});
const answering = (uid: string, incidents: jest.Mock) =>
  ({ uid, name: uid, api: { incidents } }) as unknown as Instance;

describe('viewOf', () => {
  it('reads the address, and takes nonsense as the default', () => {
    expect(view('show=closed&sort=severity&group=cause&q=web')).toMatchObject({
      show: 'closed',
      sort: 'severity',
      group: 'cause',
      q: 'web',
    });
    expect(view('show=nonsense')).toMatchObject({ show: 'open', sort: 'newest', group: 'none' });
  });

  it('asks the backend for what is shown', () => {
    expect(paramsOf(view('show=waiting&namespace=shop'))).toMatchObject({ phase: 'Proposed', namespace: 'shop' });
    expect(paramsOf(view(''))).toMatchObject({ open: true });
    expect(paramsOf(view('show=all'))).not.toHaveProperty('open');
    expect(paramsOf(view('sort=severity'))).toMatchObject({ sort: 'severity', order: 'desc' });
    expect(paramsOf(view('sort=workload'))).toMatchObject({ sort: 'targetKey', order: 'asc' });
  });
});

describe('list', () => {
  it('lets a KubeWise that fails take away its own rows only', async () => {
    const listed = await list(
      [
        answering('a', jest.fn().mockResolvedValue({ items: [incident] })),
        answering('b', jest.fn().mockRejectedValue({ status: 502, data: {} })),
      ],
      view(''),
      200
    );
    expect(listed.rows.map(({ instance }) => instance.uid)).toEqual(['a']);
    expect(listed.failures).toMatchObject([{ instance: { uid: 'b' }, failure: { kind: 'Unreachable' } }]);
  });

  it('follows the cursor until there are enough rows, and says whether there are more', async () => {
    const incidents = jest.fn().mockResolvedValue({ items: Array.from({ length: 100 }, () => incident), next: 'c' });
    const listed = await list([answering('a', incidents)], view(''), 200);
    expect(incidents).toHaveBeenCalledTimes(2);
    expect(incidents.mock.calls[1]?.[0]).toMatchObject({ cursor: 'c' });
    expect(listed).toMatchObject({ more: true });
    expect(listed.rows).toHaveLength(200);
  });
});

describe('sorted and grouped', () => {
  const old = row({ id: '1', severity: 'critical', openedAt: '2026-11-24T00:00:00.000Z' });
  const fresh = row({ id: '2', severity: 'info', openedAt: '2026-11-25T00:00:00.000Z' });
  it('sorts without touching the input', () => {
    const rows = [old, fresh];
    expect(sorted(rows, 'newest')).toEqual([fresh, old]);
    expect(sorted([fresh, old], 'severity')).toEqual([old, fresh]);
    expect(rows).toEqual([old, fresh]);
  });

  it('groups in the order of the first row', () => {
    expect(grouped([fresh, old], 'severity').map(([name]) => name)).toEqual(['info', 'critical']);
    expect(grouped([fresh, old], 'none')).toHaveLength(1);
    expect(grouped([row({ target: { ...incident.target, namespace: '' } })], 'namespace')[0]?.[0]).toBe('cluster');
  });
});
