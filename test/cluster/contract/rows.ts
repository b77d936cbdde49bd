import { applyRows } from './rows/applies.ts';
import { deleteRows } from './rows/deletes.ts';
import { evictionRows } from './rows/evictions.ts';
import { patchRows } from './rows/patches.ts';
import { readRows } from './rows/reads.ts';
import { rightRows } from './rows/rights.ts';
import { ruleRows } from './rows/rules.ts';
import { surfaceRows } from './rows/surface.ts';
import { versionRows } from './rows/versions.ts';
import { watchRows } from './rows/watches.ts';
import type { Row } from './row.ts';

/** Every row of the contract, in the order of KUBERNETES.md. */
export const contractRows: readonly Row[] = [
  ...versionRows,
  ...readRows,
  ...watchRows,
  ...patchRows,
  ...applyRows,
  ...deleteRows,
  ...evictionRows,
  ...rightRows,
  ...ruleRows,
  ...surfaceRows,
];
