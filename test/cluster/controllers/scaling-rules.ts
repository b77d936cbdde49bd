import type { KubeObject } from '../runtime.ts';
import type { Condition } from './conditions.ts';

/** What the autoscaler recommended at an instant, and how many replicas there were. */
export interface Moment {
  readonly at: number;
  readonly desired: number;
  readonly replicas: number;
}

const defaults = {
  scaleUp: {
    stabilizationWindowSeconds: 0,
    policies: [
      { type: 'Percent', value: 100, periodSeconds: 15 },
      { type: 'Pods', value: 4, periodSeconds: 15 },
    ],
  },
  scaleDown: { stabilizationWindowSeconds: 300, policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
} as const;

/** The recommendation after stabilisation, rate policies and the limits min and max. Adds to `past`. */
export function limitScale(
  spec: KubeObject,
  current: number,
  desired: number,
  past: Moment[],
  now: number,
): { readonly replicas: number; readonly condition: Condition } {
  const up = { ...defaults.scaleUp, ...spec['behavior']?.scaleUp } as KubeObject;
  const down = { ...defaults.scaleDown, ...spec['behavior']?.scaleDown } as KubeObject;
  past.push({ at: now, desired, replicas: current });
  while (past.length > 1 && now - (past[0] as Moment).at > 3600) past.shift();
  const within = (seconds: number): readonly number[] =>
    past.filter((one) => now - one.at <= seconds).map((one) => one.desired);
  const floor = Math.min(...within(Number(up['stabilizationWindowSeconds'] ?? 0)));
  const ceiling = Math.max(...within(Number(down['stabilizationWindowSeconds'] ?? 300)));
  const stable = current < floor ? floor : current > ceiling ? ceiling : current;
  const rated =
    stable > current
      ? Math.min(stable, highest(up, current, past, now))
      : Math.max(stable, lowest(down, current, past, now));
  const [min, max] = [Number(spec['minReplicas'] ?? 1), Number(spec['maxReplicas'])];
  const replicas = Math.min(max, Math.max(min, rated));
  return { replicas, condition: limitation(desired, min, max) };
}

function limitation(desired: number, min: number, max: number): Condition {
  const type = 'ScalingLimited';
  if (desired > max)
    return {
      type,
      status: 'True',
      reason: 'TooManyReplicas',
      message: 'the desired replica count is more than the maximum replica count',
    };
  if (desired < min)
    return {
      type,
      status: 'True',
      reason: 'TooFewReplicas',
      message: 'the desired replica count is less than the minimum replica count',
    };
  return {
    type,
    status: 'False',
    reason: 'DesiredWithinRange',
    message: 'the desired count is within the acceptable range',
  };
}

/** Replicas at the beginning of a policy's period. */
const before = (past: readonly Moment[], now: number, period: number, current: number): number =>
  past.find((one) => now - one.at < period)?.replicas ?? current;

function highest(rules: KubeObject, current: number, past: readonly Moment[], now: number): number {
  if (rules['selectPolicy'] === 'Disabled') return current;
  const limits = (rules['policies'] as KubeObject[]).map((one) => {
    const start = before(past, now, one['periodSeconds'], current);
    return one['type'] === 'Pods' ? start + Number(one['value']) : Math.ceil(start * (1 + Number(one['value']) / 100));
  });
  return rules['selectPolicy'] === 'Min' ? Math.min(...limits) : Math.max(...limits);
}

function lowest(rules: KubeObject, current: number, past: readonly Moment[], now: number): number {
  if (rules['selectPolicy'] === 'Disabled') return current;
  const limits = (rules['policies'] as KubeObject[]).map((one) => {
    const start = before(past, now, one['periodSeconds'], current);
    return one['type'] === 'Pods' ? start - Number(one['value']) : Math.floor(start * (1 - Number(one['value']) / 100));
  });
  return rules['selectPolicy'] === 'Min' ? Math.max(...limits) : Math.min(...limits);
}
