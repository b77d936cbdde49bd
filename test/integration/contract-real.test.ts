import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractRows } from '../cluster/contract/rows.ts';
import { report, runRows, type Verdict } from '../cluster/contract/run.ts';
import { joinReal, startSimulated } from '../cluster/contract/targets.ts';
import { startControlPlane } from './control-plane.ts';

const plane = await startControlPlane();
const results = join(import.meta.dirname, '../cluster/contract/RESULTS.md');

const notGreen = (verdicts: readonly Verdict[]): string[] =>
  verdicts.flatMap((one) => (one.result === 'fail' ? [`${one.row.id}: ${one.why}`] : []));

/** Every row on both servers; what came out is written to RESULTS.md. */
describe.skipIf(!plane)('the contract on a real control plane', () => {
  let [real, simulated]: [readonly Verdict[], readonly Verdict[]] = [[], []];
  let minor = 0;

  beforeAll(async () => {
    const target = await joinReal(plane as NonNullable<typeof plane>);
    minor = target.minor;
    real = await runRows(target, contractRows, 8);
    target.close();
    const ours = await startSimulated();
    simulated = await runRows(ours, contractRows, 1);
    await ours.stop();
  });

  afterAll(() => plane?.stop());

  it('is green on the real one, but for what its version does not have', () => {
    expect(notGreen(real)).toEqual([]);
  });

  it('is green on the simulated one', () => {
    expect(notGreen(simulated)).toEqual([]);
  });

  it('leaves a report of rows and servers', async () => {
    await writeFile(results, report(simulated, real, `Kubernetes 1.${minor}`));
    const rows = (await readFile(results, 'utf8')).split('\n').filter((line) => /^\| [a-z]/.test(line));
    expect(rows.length).toBe(contractRows.length + 1);
  });
});
