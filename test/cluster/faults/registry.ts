import { nodeFamilies, workloadFamilies } from './families.ts';
import type { FaultFamily } from './family.ts';

/** Every family by its name. */
export const faultFamilies: ReadonlyMap<string, FaultFamily> = new Map(
  [...workloadFamilies, ...nodeFamilies].map((one) => [one.family, one]),
);
