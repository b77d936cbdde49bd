import { createKubeWise } from './kubewise';
import type { Transport } from './transport';
import manifest from '../datasource/plugin.json';

/** Which role Grafana's proxy asks for a request: the first route in file order whose method is equal and path a prefix. */
const roleOf = (method: string, path: string): string | undefined =>
  manifest.routes.find((route) => route.method === method && path.startsWith(route.path))?.reqRole;

const roles: string[] = [];
const asked = (method: string) => (path: string) => {
  roles.push(`${method} ${path}: ${roleOf(method, path) ?? 'no route'}`);
  return Promise.resolve({});
};
const transport = { get: asked('GET'), post: asked('POST') } as unknown as Transport;

describe('createKubeWise', () => {
  it('asks only for paths that plugin.json routes, each with its own role', async () => {
    const api = createKubeWise(transport);
    const range = { from: 0, to: 1 };
    await Promise.all([
      api.me(),
      api.incidents({}),
      api.job('1'),
      api.series(range, {}, 1),
      api.scoreFrames({ frames: [] }),
      api.act({ act: 'acknowledge', incidentId: 'i' }),
      api.unmute('m'),
      api.revise('i', { digest: 'd', steps: [{ id: 's1' }] }),
      api.stop(),
      api.release(),
      api.approve({ planId: 'p', digest: 'd', idempotencyKey: 'k' }),
      api.deleteQuery('q'),
      api.cancelJob('1'),
    ]);
    expect(roles).toEqual([
      'GET api/me: Viewer',
      'GET api/incidents: Viewer',
      'GET api/jobs/1: Viewer',
      'GET api/series: Viewer',
      'POST score: Viewer',
      'POST incidents/actions: Editor',
      'POST mutes/end: Editor',
      'POST commands/i/revision: Admin',
      'POST killswitch/stop: Editor',
      'POST killswitch/release: Admin',
      'POST approvals: Admin',
      'POST queries/delete: Admin',
      'POST jobs/cancel: Admin',
    ]);
  });
});
