import { family, type FaultFamily, type SeriesName } from './family.ts';
import type { FaultKind } from './fault.ts';
import type { Recovery } from './recovery.ts';
import { on, type Aim, type Step } from './steps.ts';

type Of = { readonly role: string };

/** Plans that many families share. */
export const rollback = ({ role }: Of): Step[] => [{ action: 'rollback_deployment', of: role }];
export const restart = ({ role }: Of): Step[] => [{ action: 'restart_deployment', of: role }];
export const restartOf = (role: string) => (): Step[] => [{ action: 'restart_deployment', of: role }];
export const deleteFirst = ({ role }: Of): Step[] => [{ action: 'delete_pod', of: role, which: 'First' }];
export const deleteAll = ({ role }: Of): Step[] => [{ action: 'delete_pod', of: role, which: 'All' }];
export const scaleTo =
  (replicas: number) =>
  ({ role }: Of): Step[] => [{ action: 'scale_deployment', of: role, replicas }];

export const ofRole =
  (...actions: readonly Aim['action'][]) =>
  ({ role }: Of): readonly Aim[] =>
    on(role, ...actions);

interface BadChange<P> {
  readonly impact?: (params: P) => readonly Recovery[];
  readonly showsAfter?: number;
  readonly alsoAcceptable?: (params: P) => readonly Aim[];
}

/** A change of the pod template: the revision before cures it, a restart brings it up again as it is. */
export const badChange = <P extends Of>(
  fault: FaultKind<P>,
  role: string,
  anomalies: readonly SeriesName[],
  more: BadChange<P> = {},
): FaultFamily =>
  family<P>({ fault, defaults: { role } as Partial<P>, anomalies, cure: rollback, harm: restart, ...more });
