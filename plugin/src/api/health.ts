import type { HealthExtended } from '@kubewise/backend/contract';

/** One sentence that tells an administrator whether to worry, and about what. */
export function healthSentence(health: HealthExtended, role: string): string {
  const unwell = Object.entries(health.components)
    .filter(([, { status }]) => status === 'down' || status === 'degraded')
    .map(([name, { status, message }]) => `${name} ${status}: ${message}`);
  const state = unwell.length === 0 ? 'All parts are well.' : `Not well: ${unwell.join('; ')}.`;
  const tooMuch =
    role === 'viewer' ? '' : ` The viewer token has the role ${role}: give this data source a token of role viewer.`;
  return `KubeWise ${health.version} watches cluster ${health.cluster}, mode ${health.mode}. ${state}${tooMuch}`;
}
