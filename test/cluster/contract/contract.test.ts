import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractRows } from './rows.ts';
import { runRow } from './run.ts';
import { startSimulated, type Running } from './targets.ts';

describe('the contract on the simulated cluster', () => {
  let server: Running;

  beforeAll(async () => {
    server = await startSimulated();
  });

  afterAll(() => server.stop());

  it('has rows with names of their own', () => {
    expect(new Set(contractRows.map((row) => row.id)).size).toBe(contractRows.length);
  });

  it.each(contractRows)('$id: $says', async (row) => {
    expect(await runRow(server, row)).toMatchObject({ result: 'pass' });
  });

  it('gave no answer whose shape the models of Kubernetes do not know', () => {
    expect(server.shapeProblems).toEqual([]);
  });
});
