import { gzipSync } from 'node:zlib';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServer, tokenOf, type Running } from '../http/server.fake.ts';
import { runWith } from './run.ts';

let running: Running;
let folder: string;
beforeEach(async () => {
  running = await startServer();
  folder = mkdtempSync(join(tmpdir(), 'kubewise-cli-'));
});
afterEach(async () => {
  await running.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
type Env = Readonly<Record<string, string>>;
/** One command line as an admin of the running server, or in an environment of its own. */
async function kubewise(argv: readonly string[], env?: Env, stop = new AbortController()): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runWith(argv, {
    ...{ out: (text) => void out.push(text), err: (text) => void err.push(text), cwd: folder, terminal: false },
    env: env ?? { KUBEWISE_URL: running.url, KUBEWISE_TOKEN: tokenOf('admin') },
    signal: stop.signal,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}
const as = (role: 'viewer' | 'operator' | 'approver'): Env => ({
  KUBEWISE_URL: running.url,
  KUBEWISE_TOKEN: tokenOf(role),
});

describe('help', () => {
  it('of the whole names every command and the exit codes', async () => {
    const { code, out } = await kubewise(['--help']);
    expect(code).toBe(0);
    const commands = ['serve', 'demo', 'config', 'check-connections', 'doctor', 'list-anomalies', 'incidents', 'plan'];
    for (const word of [...commands, 'mute', 'mode', 'killswitch', 'actions', 'score', 'backtest', 'train', 'rbac'])
      expect(out).toMatch(new RegExp(`^  ${word}`, 'm'));
    expect(out).toContain('3  no KubeWise answers at that address');
  });

  it.each(['serve', 'demo', 'score', 'backtest', 'plan approve', 'mute add', 'audit verify', 'rbac'])(
    'of "%s" says what it does and how it is called',
    async (command) => {
      const { code, out } = await kubewise([...command.split(' '), '--help']);
      expect(code).toBe(0);
      expect(out).toContain(`Usage: kubewise ${command}`);
      expect(out.split('\n')[2]?.length).toBeGreaterThan(10);
    },
  );
});

describe('where to', () => {
  it('comes from the file that the server wrote, and its token goes nowhere else', async () => {
    mkdirSync(join(folder, '.kubewise'));
    const connection = { url: running.url, token: tokenOf('admin') };
    writeFileSync(join(folder, '.kubewise', 'connection.json'), JSON.stringify(connection));
    expect(await kubewise(['mode'], {})).toEqual({ code: 0, out: 'MANUAL', err: '' });
    const elsewhere = await kubewise(['mode', '--url', 'http://127.0.0.1:1'], {});
    expect(elsewhere).toMatchObject({ code: 2, err: expect.stringContaining('no token for http://127.0.0.1:1') });
  });

  it.each([
    [['mode', '--url', 'localhost:8000', '--token', 't'], '"localhost:8000" is not an http:// or https:// URL'],
    [['score', 'no-such.csv', '--output', 'out'], 'there is no table or folder no-such.csv'],
  ])('%j is a mistake that is named, before anybody is asked', async (argv, said) => {
    expect(await kubewise(argv, {})).toMatchObject({ code: 2, err: expect.stringContaining(said) });
  });

  it('may be a data folder anywhere', async () => {
    const connection = { url: running.url, token: tokenOf('admin') };
    writeFileSync(join(folder, 'connection.json'), JSON.stringify(connection));
    expect(await kubewise(['mode'], { DATA_DIR: folder })).toMatchObject({ code: 0 });
  });

  it('is told apart: nobody there 3, a token that is not known or may not 4, wrong usage 2', async () => {
    const env = { KUBEWISE_URL: 'http://127.0.0.1:1', KUBEWISE_TOKEN: 'x' };
    const away = await kubewise(['incidents'], env);
    expect(away).toMatchObject({ code: 3, err: expect.stringContaining('kubewise serve') });
    const wrong = await kubewise(['incidents'], { ...env, KUBEWISE_URL: running.url });
    expect(wrong).toMatchObject({ code: 4, err: expect.stringContaining('--token or KUBEWISE_TOKEN') });
    const weak = await kubewise(['mode', 'auto'], as('viewer'));
    expect(weak).toMatchObject({ code: 4, err: expect.stringContaining('needs admin') });
    for (const argv of [['nonsense'], ['mode', 'maybe'], ['plan', 'reject', 'x'], ['mute', 'add', '--for', '1h']])
      expect((await kubewise(argv)).code, argv.join(' ')).toBe(2);
  });
});

describe('a plan', () => {
  it('is listed, shown and approved by the end of its incident’s id', async () => {
    const { digest } = await running.proposed();
    expect((await kubewise(['plan', 'show'])).out).toMatch(/incident-1 .*Deployment shop\/web/);
    const shown = await kubewise(['plan', 'show', 'dent-1']);
    expect(shown.out).toContain('scale_deployment name=web ns=shop replicas=4');
    expect(shown.out).toContain(`digest ${digest}`);
    const approved = await kubewise(['plan', 'approve', 'incident-1'], as('approver'));
    expect(approved).toMatchObject({ code: 0, out: expect.stringContaining('is Approved') });
    expect((await running.store.incidents.get('incident-1'))?.approvals).toMatchObject([
      { subject: 'approver', digest },
    ]);
  });

  it('is not approved when it is not the one that was read', async () => {
    await running.proposed();
    const stale = await kubewise(['plan', 'approve', 'incident-1', '--digest', '0'.repeat(64)]);
    expect(stale).toMatchObject({ code: 4, err: expect.stringContaining('kubewise plan show') });
    expect((await running.store.incidents.get('incident-1'))?.phase).toBe('Proposed');
  });

  it('is rejected with a reason, and not by everybody', async () => {
    await running.proposed();
    const argv = ['plan', 'reject', 'incident-1', '--reason', 'too many'];
    expect((await kubewise(argv, as('operator'))).code).toBe(4);
    expect(await kubewise(argv)).toMatchObject({ code: 0, out: expect.stringContaining('Rejected') });
    expect((await kubewise(['incidents', 'incident-1'])).out).toContain('RejectedByPerson: too many');
    expect((await kubewise(['plan', 'show', 'nothing-like-it'])).code).toBe(4);
  });
});

describe('looking', () => {
  it('at incidents, anomalies and actions as tables or as JSON', async () => {
    expect((await kubewise(['incidents'])).out).toMatch(/^ID .*\nincident-1 .*Firing .*web/);
    const page = JSON.parse((await kubewise(['incidents', '--json'])).out) as { items: { id: string }[] };
    expect(page.items.map((one) => one.id)).toEqual(['incident-1']);
    expect((await kubewise(['list-anomalies', '--limit', '2'])).out.split('\n')).toHaveLength(3);
    expect((await kubewise(['actions'])).out).toMatch(/restart_deployment .*no/);
  });

  it('at the connections: 1 when one is down', async () => {
    expect(await kubewise(['check-connections'])).toMatchObject({ code: 0, out: expect.stringContaining('✓ Store') });
    running.operations.components = async () => ({ Store: { status: 'down', message: 'disk full' } });
    expect(await kubewise(['check-connections'])).toMatchObject({ code: 1, out: expect.stringContaining('disk full') });
  });

  it('at everything that can be seen and what not, and why', async () => {
    const { code, out } = await kubewise(['doctor']);
    expect(code).toBe(0);
    expect(out).toMatch(/cpu .*found .*1/);
    expect(out).toContain('missing: patch deployments.apps');
    expect(out).toContain('1 series are watched');
  });

  it('at the settings without a server, secrets masked; as a table for the README', async () => {
    const { out } = await kubewise(['config'], { GEMINI_API_KEY: 'a-very-secret-key', PROM_URL: 'http://prom:9090' });
    expect(out).toMatch(/PROM_URL +http:\/\/prom:9090 +environment/);
    expect(out).not.toContain('a-very-secret-key');
    expect((await kubewise(['config', '--markdown'], {})).out).toMatch(/^\| `PROM_URL`.*\|$/m);
    const wrong = await kubewise(['config'], { PORT: 'eighty', PROM_URL: 'nowhere' });
    expect(wrong.code).toBe(2);
    expect(wrong.err).toMatch(/PORT[^]*PROM_URL|PROM_URL[^]*PORT/);
  });

  it('at the audit log, and whether it is whole', async () => {
    await kubewise(['killswitch', 'on']);
    expect((await kubewise(['audit', 'list'])).out).toMatch(/admin +KillSwitchOn/);
    expect((await kubewise(['audit', 'verify'])).code).toBe(0);
    running.operations.auditVerify = async () => ({ ok: false, entries: 3, message: 'entry 2 was changed' });
    expect(await kubewise(['audit', 'verify'])).toMatchObject({ code: 1, out: expect.stringContaining('entry 2') });
  });
});

describe('changing', () => {
  it('mutes for a while and ends it', async () => {
    const { out } = await kubewise(['mute', 'add', 'shop/web', '--for', '2h', '--why', 'load test']);
    const id = /kubewise mute end (\S+)/.exec(out)?.[1] ?? '';
    expect((await kubewise(['mute', 'list'])).out).toContain('shop/web');
    expect((await kubewise(['mute', 'end', id])).code).toBe(0);
    expect((await kubewise(['mute', 'list'])).out).toBe('Nothing is muted.');
  });

  it('switches the mode and copies the database', async () => {
    expect(await kubewise(['mode', 'auto'])).toMatchObject({ code: 0, out: 'AUTO' });
    expect(await kubewise(['backup'])).toMatchObject({ code: 0, out: 'kubewise.backup.db (4 KiB)' });
  });

  it('prints the least rights for the actions that are wanted', async () => {
    const { out } = await kubewise(['rbac', '--actions', 'restart_deployment', '--namespace', 'shop'], {});
    expect(out).toContain('kind: Role\n');
    expect(out).toContain('namespace: shop');
    expect(out).not.toContain('secrets');
    expect((await kubewise(['rbac', '--actions', 'format_disk'], {})).code).toBe(2);
  });
});

describe('long work', () => {
  it('is followed to its end', async () => {
    const found = await kubewise(['backtest', 'up', '--from', '1h']);
    expect(found).toMatchObject({ code: 0, out: expect.stringContaining('1 would have alerted') });
    expect(await kubewise(['train', '--days', '2'])).toMatchObject({ code: 0, out: 'training succeeded: done' });
    expect((await kubewise(['backtest', 'up', '--from', 'yesterday'])).code).toBe(2);
  });

  it('is cancelled on the server when it is interrupted here', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    const { code, err } = await kubewise(['backtest', 'slow', '--from', '1h'], undefined, stop);
    expect(code).toBe(1);
    expect(err).toContain('cancelled');
    const jobs = await running.ask('GET', '/api/v1/jobs', { role: 'admin' });
    expect(jobs.body.items).toMatchObject([{ state: 'Cancelled' }]);
  });
});

describe('score', () => {
  const rows = Array.from(
    { length: 300 },
    (_, i) => `${1_700_000_000 + 60 * i},${i === 280 ? 900 : 10 + (i % 7)},0,test`,
  );
  const csv = ['timestamp,value,label,split', ...rows].join('\n');

  it('writes a table per table: its own columns and two more; labels are never read', async () => {
    mkdirSync(join(folder, 'in', 'deep'), { recursive: true });
    writeFileSync(join(folder, 'in', 'deep', 'a.csv.gz'), gzipSync(csv));
    writeFileSync(join(folder, 'in', 'b.csv'), csv.replaceAll(',0,test', ',1,test'));
    const [input, output] = [join(folder, 'in'), join(folder, 'out')];
    expect(await kubewise(['score', '--input', input, '--output', output], {})).toMatchObject({ code: 0 });
    const [a = [], b = []] = ['deep/a.csv', 'b.csv'].map((name) =>
      readFileSync(join(output, name), 'utf8').trim().split('\n'),
    );
    expect(a[0]).toBe('timestamp,value,label,split,score,anomaly_score');
    expect(a).toHaveLength(301);
    expect(b).toEqual(a.map((line) => line.replace(',0,test', ',1,test')));
    const scores = a.slice(1).map((line) => Number(line.split(',')[4]));
    expect(scores.indexOf(Math.max(...scores))).toBe(280);
  });

  it('scores what it scored before the same way: its own columns are replaced', async () => {
    writeFileSync(join(folder, 'b.csv'), csv);
    const [once, twice] = [join(folder, 'once'), join(folder, 'twice')];
    await kubewise(['score', join(folder, 'b.csv'), '--out', once], {});
    await kubewise(['score', join(once, 'b.csv'), '--out', twice], {});
    const [first, second] = [once, twice].map((out) => readFileSync(join(out, 'b.csv'), 'utf8'));
    expect(second).toBe(first);
    const onto = await kubewise(['score', join(once, 'b.csv'), '--out', once], {});
    expect(onto).toMatchObject({ code: 1, err: expect.stringContaining('would replace it') });
  });

  it('leaves nothing half written when a line deep in a table is wrong', async () => {
    writeFileSync(join(folder, 'b.csv'), `${csv}\nyesterday,1,0,test\n`);
    const wrong = await kubewise(['score', join(folder, 'b.csv'), '--out', join(folder, 'out')], {});
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('b.csv:302: "yesterday" is not a time') });
    expect(readdirSync(join(folder, 'out'))).toEqual([]);
  });

  it('says what is missing, and which line is no table', async () => {
    expect(await kubewise(['score'], {})).toMatchObject({ code: 2, err: expect.stringContaining('--input') });
    writeFileSync(join(folder, 'bad.csv'), 'time,value\n1,2\n');
    const wrong = await kubewise(['score', join(folder, 'bad.csv'), '--out', join(folder, 'out')], {});
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('"timestamp"') });
  });
});
