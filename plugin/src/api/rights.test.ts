import { config } from '@grafana/runtime';
import { rights, roleFor, type Right } from './rights';
import manifest from '../datasource/plugin.json';

jest.mock('@grafana/runtime', () => ({ config: { bootData: { user: { orgRole: '', isGrafanaAdmin: false } } } }));
const as = (role: string, isGrafanaAdmin = false) => {
  Object.assign(config.bootData.user, { orgRole: role, isGrafanaAdmin });
  return rights();
};

describe('rights', () => {
  it.each([
    ['Viewer', []],
    ['None', []],
    ['Editor', ['feedback:write', 'incidents:write', 'killswitch:write']],
    [
      'Admin',
      ['plans:approve', 'feedback:write', 'incidents:write', 'detectors:write', 'mode:write', 'killswitch:write'],
    ],
  ])('%s may %j', (role, expected) => {
    const all: Right[] = [
      'plans:approve',
      'feedback:write',
      'incidents:write',
      'detectors:write',
      'mode:write',
      'killswitch:write',
    ];
    expect(all.filter(as(role))).toEqual(expected);
  });

  it('lets a server administrator do everything', () => {
    expect(as('None', true)('plans:approve')).toBe(true);
  });

  it.each<[string, Right]>([
    ['approvals', 'plans:approve'],
    ['rejections', 'plans:approve'],
    ['mode', 'mode:write'],
    ['killswitch/stop', 'killswitch:write'],
    ['killswitch/release', 'mode:write'],
    ['queries', 'detectors:write'],
    ['backtests', 'detectors:write'],
    ['incidents/actions', 'incidents:write'],
    ['mutes', 'incidents:write'],
    ['feedback', 'feedback:write'],
  ])('asks the same role for %s as the route in plugin.json', (path, right) => {
    const route = manifest.routes.find((one) => one.path === path);
    expect(route).toMatchObject({ method: 'POST', reqRole: roleFor(right) });
  });
});
