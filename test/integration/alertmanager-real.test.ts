import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSilences } from '../../backend/src/adapters/alertmanager/index.ts';
import { createRecorder } from '../../backend/src/adapters/telemetry/index.ts';
import { freePort, isThere } from './prometheus.ts';

const program = 'prometheus-alertmanager';
const recorder = createRecorder({ processMetrics: false });
const inhibition = {
  source_matchers: ['alertname="NodeDown"'],
  target_matchers: ['severity="warning"'],
  equal: ['node'],
};
const settings = { route: { receiver: 'none' }, receivers: [{ name: 'none' }], inhibit_rules: [inhibition] };

describe.skipIf(!isThere(program))('a real Alertmanager', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alertmanager-'));
  let child: ChildProcess;
  let url: string;

  beforeAll(async () => {
    const port = await freePort();
    const file = join(folder, 'alertmanager.yml');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(settings));
    const listen = `--web.listen-address=127.0.0.1:${port}`;
    const storage = `--storage.path=${join(folder, 'data')}`;
    child = spawn(program, [`--config.file=${file}`, storage, listen, '--cluster.listen-address='], {
      stdio: 'ignore',
    });
    url = `http://127.0.0.1:${port}`;
    for (let tries = 0; tries < 100; tries += 1) {
      if ((await fetch(`${url}/-/ready`).catch(() => undefined))?.ok) return;
      await pause(200);
    }
    throw new Error('Alertmanager was not ready within 20 s');
  });
  afterAll(async () => {
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });

  const post = async (path: string, body: object): Promise<string> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
    return text;
  };
  const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();
  const matcher = (name: string, value: string, more: object = {}) => ({
    ...{ name, value, isRegex: false, isEqual: true },
    ...more,
  });
  const silence = async (matchers: object[], from = -0.01): Promise<string> => {
    const span = { startsAt: inHours(from), endsAt: inHours(from + 1) };
    const text = await post('/api/v2/silences', { matchers, ...span, createdBy: 'ada', comment: 'planned work' });
    return (JSON.parse(text) as { silenceID: string }).silenceID;
  };
  /** A client of its own, whose cache knows nothing. */
  const covering = (labels: Readonly<Record<string, string>>) =>
    createSilences({ url: `${url}/`, timeoutSeconds: 5, recorder }).covering(labels);
  const web = { alertname: 'KubeWiseIncident', namespace: 'shop', workload: 'web', severity: 'critical' };

  test('covers nothing before somebody says so', async () => {
    expect(await covering(web)).toBeUndefined();
  });

  test('an active silence covers what all of its matchers match, by value, pattern and negation', async () => {
    await silence([
      matcher('namespace', 'sho.|store', { isRegex: true }),
      matcher('workload', 'db', { isEqual: false }),
      matcher('team', ''),
    ]);
    expect(await covering(web)).toBe('silenced by ada: planned work');
    expect(await covering({ ...web, workload: 'db' })).toBeUndefined();
    expect(await covering({ ...web, namespace: 'my-shop' })).toBeUndefined();
    expect(await covering({ ...web, team: 'a' })).toBeUndefined();
  });

  test('one that ended or has not begun covers nothing', async () => {
    const api = { ...web, namespace: 'api' };
    const id = await silence([matcher('namespace', 'api')]);
    expect(await covering(api)).toContain('planned work');
    await fetch(`${url}/api/v2/silence/${id}`, { method: 'DELETE' });
    await silence([matcher('namespace', 'api')], 2);
    expect(await covering(api)).toBeUndefined();
  });

  test('an inhibited alert covers the incident that it is about', async () => {
    const down = { alertname: 'NodeDown', node: 'n1', severity: 'critical' };
    const slow = { alertname: 'Slow', node: 'n1', severity: 'warning' };
    await post('/api/v2/alerts', [{ labels: down }, { labels: slow }]);
    await pause(500);
    expect(await covering(slow)).toContain('inhibited in Alertmanager by 1');
    expect(await covering(down)).toBeUndefined();
  });

  test('one that is not there is an AdapterError that may pass', async () => {
    const gone = createSilences({ url: 'http://127.0.0.1:9', timeoutSeconds: 1, recorder });
    await expect(gone.covering(web)).rejects.toMatchObject({ system: 'alertmanager', retryable: true });
  });
});
