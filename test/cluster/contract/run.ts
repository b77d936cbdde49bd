import { trial, type Row, type Target } from './row.ts';

export type Verdict =
  | { readonly row: Row; readonly result: 'pass' }
  | { readonly row: Row; readonly result: 'skip'; readonly why: string }
  | { readonly row: Row; readonly result: 'fail'; readonly why: string };

const namespaceOf = (row: Row): string => `c-${row.id}`.slice(0, 60);

/** Runs one row in a namespace of its own; the namespace is deleted afterwards without waiting. */
export async function runRow(target: Target, row: Row): Promise<Verdict> {
  if (row.simulatedOnly && target.name === 'real') return { row, result: 'skip', why: row.simulatedOnly };
  if (row.since && target.minor < row.since)
    return { row, result: 'skip', why: `needs 1.${row.since}, server is 1.${target.minor}` };
  const ns = namespaceOf(row);
  const t = trial(target, ns);
  await t.made('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ns } });
  // Before 1.24 a pod is refused until its account has a token.
  await t.eventually(
    t.core('serviceaccounts/default'),
    (reply) => reply.status === 200 && (target.minor >= 24 || reply.body['secrets'] !== undefined),
  );
  try {
    await row.run(t);
    return { row, result: 'pass' };
  } catch (error) {
    return { row, result: 'fail', why: String((error as Error).message ?? error) };
  } finally {
    await t.del(`/api/v1/namespaces/${ns}`);
  }
}

/** All rows, so many at a time; those that wait for history to expire begin first. */
export async function runRows(target: Target, rows: readonly Row[], atOnce: number): Promise<readonly Verdict[]> {
  const waiting = [...rows.filter((row) => row.expires), ...rows.filter((row) => !row.expires)];
  const verdicts = new Map<string, Verdict>();
  const work = async (): Promise<void> => {
    for (let row = waiting.shift(); row; row = waiting.shift()) verdicts.set(row.id, await runRow(target, row));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return rows.map((row) => verdicts.get(row.id) as Verdict);
}

const cell = (verdict: Verdict | undefined): string => {
  if (!verdict) return 'not run';
  return verdict.result === 'pass' ? 'ok' : `${verdict.result}: ${verdict.why.split('\n')[0]}`;
};

/** Rows × servers as a Markdown table. */
export function report(simulated: readonly Verdict[], real: readonly Verdict[] | undefined, realName: string): string {
  const others = new Map((real ?? []).map((one) => [one.row.id, one]));
  const lines = simulated.map(
    (one) =>
      `| ${one.row.id} | ${one.row.says.replaceAll('|', '\\|')} | ${cell(one)} | ${real ? cell(others.get(one.row.id)) : 'absent'} |`,
  );
  const count = (list: readonly Verdict[] | undefined, result: Verdict['result']): number =>
    (list ?? []).filter((one) => one.result === result).length;
  const totals = (list: readonly Verdict[] | undefined): string =>
    `${count(list, 'pass')} ok, ${count(list, 'skip')} skipped, ${count(list, 'fail')} failed`;
  return [
    '# The contract: rows × servers',
    '',
    'Written by test/integration/contract-real.test.ts. `skip` names what the server lacks.',
    '',
    `| row | says | simulated (${totals(simulated)}) | ${realName} (${totals(real)}) |`,
    '|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}
