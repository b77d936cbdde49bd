import { approve, reject } from './decide';
import { RequestFailed, type FailureKind } from './failure';
import { createKubeWise } from './kubewise';
import type { Transport } from './transport';
import { plan } from '../../tests/samples';

const post = jest.fn<Promise<unknown>, [string, object]>();
const refuse = () => Promise.reject(new Error('a decision only posts'));
const transport = { get: refuse, put: refuse, delete: refuse, post } as unknown as Transport;
const api = createKubeWise(transport);
const failing = (kind: FailureKind, message: string) =>
  post.mockRejectedValueOnce(new RequestFailed({ kind, status: 412, reason: 'PlanChanged', message }));

beforeEach(() => post.mockReset());

describe('approve', () => {
  it('sends the digest of the plan on the screen, a key of its own, and no name', async () => {
    post.mockResolvedValue({ approvals: [{ subject: 'user:7', issuer: 'https://grafana.example.org' }] });
    const decided = await approve(api, plan);
    await approve(api, plan);
    const [path, body] = post.mock.calls[0] ?? [];
    expect(path).toBe('approvals');
    expect(Object.keys(body ?? {}).sort()).toEqual(['digest', 'idempotencyKey', 'planId']);
    expect(body).toMatchObject({ planId: plan.id, digest: plan.digest });
    expect(body).toMatchObject({ idempotencyKey: expect.stringMatching(/^[\w.:-]{8,128}$/) });
    expect(body).not.toEqual(post.mock.calls[1]?.[1]);
    expect(decided).toEqual({
      kind: 'Done',
      message: 'Approved as user:7 (https://grafana.example.org). KubeWise runs the plan now.',
    });
  });

  it('says that the plan changed when the digest is stale', async () => {
    failing('Stale', 'The plan changed, look again.');
    expect(await approve(api, plan)).toEqual({ kind: 'Changed', message: 'The plan changed, look again.' });
  });

  it('says why it was not done otherwise', async () => {
    failing('Permission', 'user:7 may not approve in shop.');
    expect(await approve(api, plan)).toEqual({ kind: 'Failed', message: 'user:7 may not approve in shop.' });
  });
});

describe('reject', () => {
  it('sends the reason', async () => {
    post.mockResolvedValue({ approvals: [] });
    expect((await reject(api, plan, 'not on a Friday')).kind).toBe('Done');
    expect(post.mock.calls[0]).toEqual([
      'rejections',
      expect.objectContaining({ planId: plan.id, reason: 'not on a Friday' }),
    ]);
  });
});
