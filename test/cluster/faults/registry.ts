import type { FaultFamily } from './family.ts';
import { nodeFamilies, schedulingFamilies } from './place-families.ts';
import { controls, dataFamilies, surroundingFamilies } from './surrounding-families.ts';
import { scalingFamilies, workloadFamilies } from './workload-families.ts';

const all = [
  ...workloadFamilies,
  ...nodeFamilies,
  ...scalingFamilies,
  ...schedulingFamilies,
  ...dataFamilies,
  ...surroundingFamilies,
  ...controls,
];

/** Every family by its name. */
export const faultFamilies: ReadonlyMap<string, FaultFamily> = new Map(all.map((one) => [one.family, one]));
