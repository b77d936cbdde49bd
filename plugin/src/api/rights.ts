import { config } from '@grafana/runtime';
import { OrgRole } from '@grafana/data';

export type Right =
  'plans:approve' | 'feedback:write' | 'incidents:write' | 'detectors:write' | 'mode:write' | 'killswitch:write';

const needs: Readonly<Record<Right, OrgRole>> = {
  'plans:approve': OrgRole.Admin,
  'feedback:write': OrgRole.Editor,
  'incidents:write': OrgRole.Editor,
  'detectors:write': OrgRole.Admin,
  'mode:write': OrgRole.Admin,
  'killswitch:write': OrgRole.Editor,
};
/** Every right that is not reading, and the role that has it, in the order of the roles. */
export const allRights: ReadonlyArray<{ readonly right: Right; readonly about: string }> = [
  { right: 'feedback:write', about: 'Say whether an anomaly was real' },
  { right: 'incidents:write', about: 'Acknowledge, snooze, mute' },
  { right: 'killswitch:write', about: 'Stop all remediations' },
  { right: 'plans:approve', about: 'Approve, reject and change plans' },
  { right: 'detectors:write', about: 'Backtest, and save queries' },
  { right: 'mode:write', about: 'Switch between MANUAL and AUTO, start again after a stop' },
];
const rank: Readonly<Record<string, number>> = { None: -1, Viewer: 0, Editor: 1, Admin: 2 };

/**
 * What this user's role in Grafana allows, as the routes of plugin.json ask for it (`reqRole`). For showing only: the proxy
 * and the backend decide.
 */
export function rights(): (right: Right) => boolean {
  const user = config.bootData.user;
  const has = user.isGrafanaAdmin ? rank.Admin : (rank[user.orgRole] ?? -1);
  return (right) => has >= (rank[needs[right]] ?? 3);
}

/** The needed role in words, for a disabled button's hint. */
export const roleFor = (right: Right): string => needs[right];
