import React from 'react';
import { Badge, type BadgeColor, type IconName } from '@grafana/ui';
import type { Phase, Severity, Verdict } from '@kubewise/backend/contract';
import { words } from './format';

const severities: Readonly<Record<Severity, { color: BadgeColor; icon: IconName }>> = {
  info: { color: 'blue', icon: 'info-circle' },
  warning: { color: 'orange', icon: 'exclamation-triangle' },
  critical: { color: 'red', icon: 'exclamation-circle' },
};
export function SeverityBadge({ severity }: { readonly severity: Severity }) {
  const { color, icon } = severities[severity];
  return <Badge color={color} icon={icon} text={severity} />;
}

const phaseColor = (phase: Phase): BadgeColor => {
  switch (phase) {
    case 'Resolved':
    case 'SelfRecovered':
      return 'green';
    case 'Failed':
    case 'RolledBack':
    case 'RollingBack':
    case 'Escalated':
      return 'red';
    case 'Proposed':
      return 'orange';
    case 'Approved':
    case 'Remediating':
    case 'Verifying':
      return 'purple';
    default:
      return 'blue';
  }
};
export const phaseText = (phase: Phase): string => (phase === 'Proposed' ? 'Plan waiting' : words(phase));

export function PhaseBadge({ phase, reason }: { readonly phase: Phase; readonly reason?: string }) {
  return <Badge color={phaseColor(phase)} text={phaseText(phase)} tooltip={reason ? words(reason) : undefined} />;
}

const good: readonly Verdict[] = ['Fixed', 'Improved', 'SelfRecovered'];
export function VerdictBadge({ verdict }: { readonly verdict: Verdict }) {
  const color = good.includes(verdict) ? 'green' : verdict === 'MadeWorse' ? 'red' : 'orange';
  return <Badge color={color} text={words(verdict)} />;
}

const risks: Readonly<Record<string, BadgeColor>> = { low: 'green', medium: 'orange', high: 'red' };
export function RiskBadge({ risk }: { readonly risk: string }) {
  return <Badge color={risks[risk] ?? 'red'} text={`${risk} risk`} />;
}
