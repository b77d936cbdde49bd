import { nodeFamilies, workloadFamilies } from './families.ts';
import type { FaultFamily } from './family.ts';
import { controls, dataFamilies, scalingFamilies, schedulingFamilies, surroundingFamilies } from './more-families.ts';

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
