import type { Mode, Policy } from '../model/index.ts';
import type { Runbook } from './plan/index.ts';

/** What people decided about what KubeWise may do; read anew at every step, because it changes at run time. */
export interface Governance {
  policy(): Policy;
  runbooks(): readonly Runbook[];
  mode(): Mode;
  killSwitch(): boolean;
}
