import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Anomaly, Incident } from '../../backend/src/model/index.ts';
import { chromiumPath, openBrowser, type Browser } from '../grafana/index.ts';
import { freePort } from '../integration/prometheus.ts';
import { picture, startStand, until, type Stand } from './stand.ts';
import { approvalOf, iso, loaded, violations, visit, visitors, type Visitors } from './visitor.ts';

const isThere = chromiumPath() !== undefined;
if (!isThere) console.log('skipped: chromium absent');

/** The least role for each write, as README and GRAFANA.md promise it; the bodies are nonsense on purpose. */
const writes: readonly (readonly [string, 'viewer' | 'editor' | 'admin'])[] = [
  ['score', 'viewer'],
  ['incidents/actions', 'editor'],
  ['feedback', 'editor'],
  ['mutes', 'editor'],
  ['exports', 'editor'],
  ['killswitch/stop', 'editor'],
  ['killswitch/release', 'admin'],
  ['approvals', 'admin'],
  ['rejections', 'admin'],
  ['mode', 'admin'],
  ['queries', 'admin'],
  ['backtests', 'admin'],
  ['jobs/cancel', 'admin'],
];
const ranks = ['viewer', 'editor', 'admin'] as const;
const everywhere = ['Incidents', 'Detectors', 'Actions and mode', 'Setup', 'Panels', 'Explore', 'Plugin'] as const;

describe.skipIf(!isThere)('everything else that people do in Grafana', () => {
  let stand: Stand;
  let browser: Browser;
  let waiting: Incident;
  let as: Visitors['as'];
  let through: Visitors['through'];

  beforeAll(async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    [stand, browser] = await Promise.all([startStand({ moreBackends: { nobody } }), openBrowser()]);
    ({ as, through } = visitors(stand, browser));
    await stand.fault('bad-release');
    waiting = await stand.incident((one) => one.phase === 'Proposed' && one.plan !== undefined, 120);
    stand.linger();
  });
  afterAll(async () => {
    await browser?.close();
    await stand?.close();
  });

  const incidentPage = (): string => `/a/kubewise-app/incidents/${waiting.id}?ds=kubewise`;
  const stored = (): Promise<Incident> => until(async () => stand.app.ports.store.incidents.get(waiting.id), 5);
  const anomalies = (): Promise<Anomaly[]> =>
    stand.app.ports.store.anomalies.find({ where: { incidentId: waiting.id }, limit: 10 });

  test.each(writes)('POST %s needs the role %s', async (path, least) => {
    for (const login of ranks) {
      const answer = await through(login, path, { nonsense: true });
      const { message = '' } = (await answer.json()) as { message?: string };
      const denied = answer.status === 403 && message === 'plugin proxy route access denied';
      expect(denied, `${login} ${path} ${answer.status} ${message}`).toBe(ranks.indexOf(login) < ranks.indexOf(least));
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
  });

  test('a backend that is not there takes away its own rows only', async () => {
    const page = await as('viewer', '/a/kubewise-app/incidents');
    await page.getByTestId('kubewise-incident-row').first().waitFor();
    expect(await page.getByTestId('kubewise-failure').innerText()).toContain('KubeWise nobody');
    await page.close();
  });

  test('an Editor acknowledges and snoozes an incident, judges an anomaly and mutes its workload', async () => {
    const page = await as('editor', incidentPage());
    await page.getByTestId('kubewise-plan').waitFor();
    expect(await page.getByTestId('kubewise-plan-approve').isDisabled()).toBe(true);
    await page.getByTestId('kubewise-acknowledge').click();
    await page
      .getByText(/acknowledged by/)
      .first()
      .waitFor();
    await page.getByTestId('kubewise-snooze').click();
    await page
      .getByText(/snoozed until/)
      .first()
      .waitFor();
    await page.getByTestId('kubewise-anomaly-right').first().click();
    await page.locator('[data-testid="kubewise-anomaly-right"][aria-pressed="true"]').waitFor();
    await page.getByTestId('kubewise-mute').or(page.getByTestId('kubewise-anomaly-mute')).first().click();
    await page.getByText(/is muted for four hours/).waitFor();
    const incident = await stored();
    expect(incident.acknowledgedBy).toBeTruthy();
    expect(incident.snoozedUntil).toBeGreaterThan(stand.cluster.clock.now());
    expect((await anomalies()).map((one) => one.feedback?.verdict)).toContain('TruePositive');
    expect(await stand.app.ports.store.mutes.count()).toBe(1);
    await visit(page, 'Detectors');
    await page.getByRole('region', { name: 'Mutes' }).getByRole('button', { name: 'End' }).click();
    await page.getByText('Nothing is muted').waitFor();
    await page.close();
  });

  test('an Admin backtests a query and watches it from then on', async () => {
    const page = await as('admin', '/a/kubewise-app/detectors?ds=kubewise');
    await page
      .getByTestId('kubewise-backtest-promql')
      .fill('sum by (namespace, pod) (kube_pod_container_status_restarts_total)');
    await page.getByTestId('kubewise-backtest-run').click();
    const result = page.getByTestId('kubewise-backtest-result');
    await result
      .getByText(/would have alerted|failed/)
      .first()
      .waitFor({ timeout: 240_000 });
    expect(await result.innerText()).toMatch(/[1-9]\d* series, [1-9]\d* samples/);
    await picture(page, 'backtest-dark');
    await page.getByLabel('Watch it as').fill('restarts-of-pods');
    await page.getByTestId('kubewise-backtest-save').click();
    await page.getByText('is watched from now on').waitFor();
    await page.goto(`${stand.grafana.url}/a/kubewise-app/setup?ds=kubewise`);
    await page.getByText('restarts-of-pods').waitFor();
    await page.close();
  });

  test('a panel is explained from its own frames; no query of the reader runs', async () => {
    const page = await as('viewer', '/d/kubewise?panel=anomalies');
    await loaded(page);
    await page.getByTestId('host-explain').click();
    const explained = page.getByTestId('kubewise-explain');
    await explained
      .getByText(/expected/)
      .first()
      .waitFor();
    await picture(page, 'explain-dark');
    const [score] = stand.grafana.proxied.filter((one) => one.path === 'score' && one.status === 200);
    expect(score).toMatchObject({ method: 'POST', route: 'score', user: 'viewer' });
    await page.close();
  });

  test('the explorer shows an anomaly whose series nobody knows any more', async () => {
    const [one] = await anomalies();
    if (!one) throw new Error('the incident has no anomaly');
    const gone: Anomaly = {
      ...one,
      id: crypto.randomUUID(),
      series: 'gone',
      target: { ...one.target, name: 'removed-long-ago' },
      targetKey: one.targetKey.replace(one.target.name, 'removed-long-ago'),
      open: false,
      endedAt: one.updatedAt + 60,
      sentence: 'it was high before it was removed',
    };
    await stand.app.ports.store.anomalies.insert(gone);
    const page = await as('viewer', '/d/kubewise?panel=anomalies');
    const series = page.getByRole('combobox', { name: 'Series' });
    await series.click();
    await page.getByRole('option', { name: /removed-long-ago/ }).click();
    await page.getByText('it was high before it was removed').waitFor();
    await loaded(page);
    await page.locator('[data-testid="kubewise-chart"], [data-testid="kubewise-empty"]').first().waitFor();
    await picture(page, 'explorer-gone-dark');
    await page.close();
  });

  test('a slow network: the pages say that they load, then show; a second click decides nothing', async () => {
    stand.grafana.slow(1500);
    const page = await as('admin', incidentPage());
    await page.getByTestId('kubewise-loading').first().waitFor();
    await page.getByTestId('kubewise-plan').waitFor();
    stand.grafana.slow(0);
    await page.close();
  });

  test('ten thousand anomalies: at most 300 events a layer, and a page that still answers', async () => {
    const [one] = await anomalies();
    if (!one) throw new Error('the incident has no anomaly');
    const now = stand.cluster.clock.now();
    const many = Array.from({ length: 10_000 }, (_, index): Anomaly => {
      const startedAt = now - 9000 + (index % 8000);
      const name = `many-${index % 50}`;
      return {
        ...one,
        ...{ id: crypto.randomUUID(), series: `many-${index}`, startedAt, updatedAt: startedAt + 30, open: false },
        ...{ endedAt: startedAt + 30, incidentId: undefined, target: { ...one.target, name }, targetKey: name },
      };
    });
    for (let at = 0; at < many.length; at += 1000)
      await stand.app.ports.store.anomalies.upsert(many.slice(at, at + 1000));
    const range = `from=${iso(now - 10_000)}&to=${iso(now)}`;
    const answer = await through('viewer', `api/annotations?layers=anomalies,incidents&${range}`);
    const { layers } = (await answer.json()) as { layers: { layer: string; events: { count: number }[] }[] };
    const events = layers.find(({ layer }) => layer === 'anomalies')?.events ?? [];
    expect(events.length).toBeGreaterThan(10);
    expect(events.length).toBeLessThanOrEqual(300);
    expect(events.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThanOrEqual(10_000);
    const page = await as('viewer', '/d/kubewise?panel=anomalies');
    await page.getByTestId('kubewise-anomaly-row').first().waitFor();
    expect(await page.getByTestId('kubewise-anomaly-row').count()).toBeLessThanOrEqual(300);
    await visit(page, 'Incidents');
    await page.getByTestId('kubewise-incident-row').first().waitFor();
    await page.close();
  });

  test('a narrow page scrolls downwards only', async () => {
    const page = await as('viewer', '/a/kubewise-app/incidents?ds=kubewise');
    await page.setViewportSize({ width: 380, height: 800 });
    for (const title of everywhere) {
      await visit(page, title);
      const overflow = await page.evaluate<number>(
        "document.querySelector('main').scrollWidth - document.querySelector('main').clientWidth",
      );
      expect(overflow, title).toBeLessThanOrEqual(1);
    }
    await page.goto(stand.grafana.url + incidentPage());
    await page.getByTestId('kubewise-plan').waitFor();
    await loaded(page);
    await picture(page, 'incident-narrow-dark');
    const wide = await page.evaluate<number>(
      "document.querySelector('main').scrollWidth - document.querySelector('main').clientWidth",
    );
    expect(wide).toBeLessThanOrEqual(1);
    await page.close();
  });

  test('the keyboard opens an incident and its dialog, and Escape leaves it', async () => {
    const page = await as('admin', '/a/kubewise-app/incidents?ds=kubewise');
    await page.getByTestId('kubewise-incident-row').first().waitFor();
    await tabTo(page, `a[href*="${waiting.id}"]`);
    await page.keyboard.press('Enter');
    await page.getByTestId('kubewise-plan-approve').waitFor();
    await tabTo(page, '[data-testid="kubewise-plan-approve"]');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect((await stored()).phase).toBe('Proposed');
    await page.close();
  });

  test.each(['dark', 'light'])('no violation that axe calls serious or critical, %s', async (theme) => {
    const page = await as('admin', `/a/kubewise-app/incidents?ds=kubewise&theme=${theme}`);
    for (const title of everywhere) {
      await visit(page, title);
      expect(await violations(page), `${title} ${theme}`).toEqual([]);
    }
    await page.close();
  });

  test('keys turn over: a new key is fetched, and while keys cannot be fetched nobody is believed', async () => {
    const { signer } = stand.grafana;
    stand.grafana.keysDown(true);
    await signer.rotate();
    const unknown = await through('approver', 'approvals', approvalOf(await stored(), 'keys-down'));
    expect([401, 403, 400]).toContain(unknown.status);
    expect((await stored()).phase).toBe('Proposed');
    stand.grafana.keysDown(false);
    await until(async () => {
      const stale = { ...approvalOf(await stored(), `rotated-${Date.now()}`), digest: '0'.repeat(64) };
      // Believed: what is refused now is the digest, not the person.
      return (await through('approver', 'approvals', stale)).status === 412 ? true : undefined;
    }, 120);
  });

  test('an Admin rejects with a reason; what was captured before is refused afterwards', async () => {
    const captured = approvalOf(await stored(), 'captured');
    const page = await as('admin', incidentPage());
    await page.getByTestId('kubewise-plan-reject').click();
    expect(await page.getByTestId('kubewise-plan-reject-confirm').isDisabled()).toBe(true);
    await page.getByTestId('kubewise-plan-reject-reason').fill('The release is wanted; we fix it forward.');
    await picture(page, 'reject-dark');
    await page.getByTestId('kubewise-plan-reject-confirm').click();
    await page.getByTestId('kubewise-plan-decided').waitFor();
    await page.close();
    const incident = await stored();
    expect(incident.phase).not.toBe('Proposed');
    expect(JSON.stringify(incident.timeline)).toContain('we fix it forward');
    for (const login of ['approver', 'admin']) {
      const replayed = await through(login, 'approvals', captured);
      expect([409, 412, 422], `${login} ${replayed.status}`).toContain(replayed.status);
    }
    expect((await stored()).actions).toEqual([]);
  });

  test('nothing came from anywhere but the backend', async () => {
    const log = stand.log();
    const asked = stand.grafana.proxied.filter(({ path, status }) => path.startsWith('api/') && status === 200);
    const paths = [...new Set(asked.map(({ path }) => path.split('/').slice(0, 2).join('/')))];
    expect(paths.length).toBeGreaterThan(10);
    for (const path of paths) expect(log, path).toContain(`/api/v1/${path.slice('api/'.length)}`);
    expect(browser.problems(/status of (4\d\d|5\d\d)/)).toEqual([]);
  });

  test('without the backend every page is empty and says why', async () => {
    await stand.app.stop();
    const page = await as('viewer', '/a/kubewise-app/incidents?ds=kubewise');
    for (const title of everywhere.filter((one) => one !== 'Plugin' && one !== 'Explore')) {
      await visit(page, title);
      await page.getByTestId('kubewise-failure').first().waitFor();
      for (const id of ['incident-row', 'plan', 'anomaly-row', 'chart', 'setup-check', 'mode'])
        expect(await page.getByTestId(`kubewise-${id}`).count(), `${title} ${id}`).toBe(0);
    }
    await page.close();
  });
});

/** Presses Tab until this element has the focus. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let press = 0; press < 120; press += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate<boolean>(`document.activeElement?.matches(${JSON.stringify(selector)}) ?? false`)) return;
  }
  throw new Error(`Tab does not reach ${selector}`);
}
