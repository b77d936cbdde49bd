import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WireScore } from '../../backend/src/http/wire/anomaly.ts';
import { targetKey, type Anomaly, type Incident } from '../../backend/src/model/index.ts';
import { chromiumPath } from '../grafana/index.ts';
import { freePort } from '../integration/prometheus.ts';
import { picture, until } from './stand.ts';
import { approvalOf, iso, loaded, trafficOf, violations, visit } from './visitor.ts';
import { isProposed, planWaiting, scenePatience, type Scene } from './waiting-plan.ts';

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
  let scene: Scene;
  let stand: Scene['stand'];
  let browser: Scene['browser'];
  let waiting: Scene['waiting'];
  let as: Scene['as'];
  let through: Scene['through'];

  beforeAll(async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    scene = await planWaiting({ moreBackends: { nobody }, alsoBroken: ['memory-leak'] });
    ({ stand, browser, waiting, as, through } = scene);
  }, scenePatience);
  afterAll(() => scene?.close());

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
    expect(await result.innerText()).toMatch(/[1-9]\d* series, [1-9][\d,]* samples/);
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
    const rule = page.getByTestId('kubewise-explain-rule');
    await rule.scrollIntoViewIfNeeded();
    expect(await rule.innerText()).toMatch(/^expr: \([^]+\) [<>] -?[\d.e-]+\nfor: \d+m$/);
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
    // What the anomaly itself remembers is drawn: there is no line any more to fetch.
    await page.getByTestId('kubewise-chart').waitFor();
    expect(await page.getByTestId('kubewise-empty').count()).toBe(0);
    await picture(page, 'explorer-gone-dark');
    await page.close();
  });

  test('the explorer draws the measured series over its expected band, with the anomaly in it', async () => {
    // Of a series that Prometheus has, whose band has room: judgements about whole workloads have no history there.
    const answer = await through('viewer', 'api/scores?metricType=cpu&limit=500');
    const { items } = (await answer.json()) as { items: readonly WireScore[] };
    const watched = items.find(({ target, band: [low, high] }) => target.kind === 'Deployment' && high > low);
    const [known] = await anomalies();
    if (!watched || !known) throw new Error('no CPU of a Deployment is watched, or the incident has no anomaly');
    const { query, metricType, expected, band } = watched;
    const { label, ...target } = watched.target;
    const one: Anomaly = {
      ...{ ...known, id: crypto.randomUUID(), series: 'drawn', query, metricType, expected, band, peak: 1 },
      ...{ target, targetKey: targetKey(target), incidentId: undefined },
    };
    await stand.app.ports.store.anomalies.insert(one);
    const page = await as('viewer', '/d/kubewise?panel=anomalies');
    const wanted = `${label} ${metricType}`;
    const answered = page.waitForResponse((answer) => isSeriesOf(answer.url(), one));
    await page.getByRole('combobox', { name: 'Series' }).click();
    await page.getByRole('option', { name: wanted, exact: true }).click();
    const { series } = (await (await answered).json()) as { series: readonly Columns[] };
    const [line] = series;
    const hasRoom = (at: number): boolean => (line?.high[at] ?? 0) > (line?.low[at] ?? 0);
    expect(line?.value.filter((value, at) => value !== null && hasRoom(at)).length).toBeGreaterThan(30);
    const chart = page.getByTestId('kubewise-chart');
    await chart.waitFor();
    expect(await chart.getAttribute('aria-label')).toMatch(/now [^–].*, expected [^–].*, [1-9]\d* anomal/);
    expect(await paintedShare(page)).toBeGreaterThan(0.01);
    await picture(page, 'explorer-chart-dark');
    await page.close();
  });

  test('a slow network: the pages say that they load, then show; a second click mutes nothing more', async () => {
    stand.grafana.slow(1500);
    const page = await as('admin', incidentPage());
    await page.getByTestId('kubewise-loading').first().waitFor();
    await page.getByTestId('kubewise-plan').waitFor();
    const mutes = (): number => stand.grafana.proxied.filter(({ path }) => path === 'mutes').length;
    const before = mutes();
    await page.getByTestId('kubewise-mute').or(page.getByTestId('kubewise-anomaly-mute')).first().dblclick();
    await page.getByText(/is muted for four hours/).waitFor();
    expect(mutes()).toBe(before + 1);
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
    for (const title of [...everywhere, 'Data source']) {
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

  test('the keyboard leads from the check list to a backtest of one of its queries, and runs it', async () => {
    const page = await as('admin', '/a/kubewise-app/setup?ds=kubewise');
    const query = 'a[aria-label="Backtest workload-restarts"]';
    await page.locator(query).waitFor();
    await tabTo(page, query);
    await page.keyboard.press('Enter');
    const promql = page.getByTestId('kubewise-backtest-promql');
    await promql.waitFor();
    expect(await promql.inputValue()).toContain('restarts');
    await tabTo(page, '[data-testid="kubewise-backtest-run"]');
    const before = stand.grafana.proxied.filter(({ path }) => path === 'backtests').length;
    await page.keyboard.press('Enter');
    // That it was asked for: how long the answer takes is not about the keyboard.
    await until(
      async () => (stand.grafana.proxied.filter(({ path }) => path === 'backtests').length > before ? true : undefined),
      60,
    );
    await page.close();
  });

  test('an Admin changes a parameter: the changed plan takes its place, with a dry run and a digest of its own', async () => {
    const other = await stand.incident((one) => isProposed(one) && one.id !== waiting.id, 5);
    const page = await as('admin', `/a/kubewise-app/incidents/${other.id}?ds=kubewise`);
    await page.getByRole('button', { name: /take only part of it/ }).click();
    const command = page.getByTestId('kubewise-plan-edit').getByLabel('Command').first();
    const wanted = (await command.inputValue()).replace(/(\d+)Mi/, (_, mebibytes) => `${Number(mebibytes) * 0.75}Mi`);
    await command.fill(wanted);
    await page.getByTestId('kubewise-plan-propose').click();
    await page.getByText('Look at its dry run, then approve it.').waitFor();
    await page.getByTestId('kubewise-plan').getByText(wanted, { exact: true }).waitFor();
    expect(await page.getByTestId('kubewise-plan-changed').count()).toBe(0);
    await page.close();
    const changed = await stand.app.ports.store.incidents.get(other.id);
    expect(changed?.plan).toMatchObject({ author: { kind: 'Human' }, dryRuns: [{ verdict: 'Pass' }] });
    expect(changed?.plan?.digest).not.toBe(other.plan?.digest);
  });

  test('a plan is approved from the list of incidents to the decision without a mouse', async () => {
    const other = await stand.incident((one) => isProposed(one) && one.id !== waiting.id, 5);
    const page = await as('approver', '/a/kubewise-app/incidents?ds=kubewise');
    await page.getByTestId('kubewise-incident-row').first().waitFor();
    await tabTo(page, `a[href*="${other.id}"]`);
    await page.keyboard.press('Enter');
    await page.getByTestId('kubewise-plan-approve').waitFor();
    await tabTo(page, '[data-testid="kubewise-plan-approve"]');
    await page.keyboard.press('Enter');
    const confirm = page.getByRole('dialog').getByRole('button', { name: 'Approve and run' });
    await confirm.waitFor();
    await tabUntil(page, () => confirm.evaluate((element) => element === element.ownerDocument.activeElement));
    await page.keyboard.press('Enter');
    await page.getByTestId('kubewise-plan-decided').waitFor();
    await page.close();
    const decided = await stand.app.ports.store.incidents.get(other.id);
    expect(decided?.approvals.at(-1)).toMatchObject({ subject: 'user:4', digest: other.plan?.digest });
  });

  test.each(['dark', 'light'])('no violation that axe calls serious or critical, %s', async (theme) => {
    const page = await as('admin', `/a/kubewise-app/incidents?ds=kubewise&theme=${theme}`);
    for (const title of [...everywhere, 'Data source']) {
      await visit(page, title);
      expect(await violations(page), `${title} ${theme}`).toEqual([]);
    }
    await page.goto(`${stand.grafana.url}${incidentPage()}&theme=${theme}`);
    await page.getByTestId('kubewise-plan').waitFor();
    await loaded(page);
    await page.getByRole('button', { name: /take only part of it/ }).click();
    expect(await violations(page), `incident ${theme}`).toEqual([]);
    for (const act of ['approve', 'reject']) {
      await page.getByTestId(`kubewise-plan-${act}`).click();
      await page.getByRole('dialog').waitFor();
      expect(await violations(page, '[role="dialog"]'), `${act} ${theme}`).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await page.close();
  });

  test('no page storms: counted in the browser at its opening and over a minute, no path more often than every ten seconds', async () => {
    const page = await as('admin', '/a/kubewise-app/incidents?ds=kubewise');
    await page.clock.install();
    const places = ['incidents', 'detectors', 'actions', 'setup'].map(
      (place) => `/a/kubewise-app/${place}?ds=kubewise`,
    );
    for (const place of [...places, incidentPage(), '/d/kubewise']) {
      // What the page before would still ask is not this one's.
      await page.goto('about:blank');
      const traffic = trafficOf(page);
      const since = Date.now();
      await page.goto(stand.grafana.url + place);
      await page
        .getByTestId(place.startsWith('/d/') ? 'kubewise-plan' : 'kubewise-app')
        .first()
        .waitFor();
      await loaded(page);
      await page.waitForLoadState('networkidle');
      const opening = traffic.perPath();
      expect(opening.size, place).toBeGreaterThan(0);
      // Parts of a page that need the same may ask one after the other; where opening takes long, they ask again meanwhile.
      const again = 1 + Math.floor((Date.now() - since) / 10_000);
      for (const [url, count] of opening) expect(count, `${place} opens with ${url}`).toBeLessThanOrEqual(2 * again);
      expect(traffic.count(), `${place} opens`).toBeLessThanOrEqual(15 * again);
      traffic.forget();
      const shown = Date.now();
      for (let ten = 0; ten < 6; ten += 1) {
        await page.clock.runFor(10_000);
        await page.waitForLoadState('networkidle');
      }
      const minute = traffic.perPath();
      // The minute is the page's; what it really took goes by there as well.
      const tens = 6 + Math.floor((Date.now() - shown) / 10_000);
      for (const [url, count] of minute) expect(count, `${place} in a minute ${url}`).toBeLessThanOrEqual(tens);
      expect(traffic.count(), `${place} in a minute`).toBeLessThanOrEqual(5 * tens);
      traffic.stop();
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
    const answered = stand.grafana.proxied.filter(({ path, status }) => path.startsWith('api/') && status < 400);
    const times = Map.groupBy(
      answered,
      ({ path, status }) => `GET /api/v1/${path.slice('api/'.length)} answered ${status}`,
    );
    expect(times.size).toBeGreaterThan(15);
    for (const [line, requests] of times) expect(log.split(line).length - 1, line).toBe(requests.length);
    expect(browser.problems(/status of (4\d\d|5\d\d)/)).toEqual([]);
  });

  test('without the backend every page is empty and says why', async () => {
    await stand.app.stop();
    const page = await as('viewer', '/a/kubewise-app/incidents?ds=kubewise');
    for (const title of everywhere.filter((one) => one !== 'Plugin' && one !== 'Explore')) {
      await visit(page, title);
      await page.getByTestId('kubewise-failure').first().waitFor();
      await isEmpty(page, title);
    }
    await page.goto(stand.grafana.url + incidentPage());
    await page.getByTestId('kubewise-failure').waitFor();
    await isEmpty(page, 'incident');
    expect(await page.getByText(waiting.title).count()).toBe(0);
    await visit(page, 'Explore');
    await page.locator('[data-testid="host-frames"][data-state="Error"]').waitFor({ state: 'attached' });
    expect(await page.locator('[data-testid="host-frames"] tbody tr').count()).toBe(0);
    await visit(page, 'Plugin');
    await page.getByTestId('kubewise-config-test').first().click();
    await page.getByText('Not connected').waitFor();
    await page.close();
  });
});

/** Nothing that only the backend can know is on the page. */
async function isEmpty(page: Page, what: string): Promise<void> {
  const known = ['incident-row', 'plan', 'anomaly-row', 'chart', 'setup-check', 'mode', 'timeline', 'causes', 'audit'];
  for (const id of known) expect(await page.getByTestId(`kubewise-${id}`).count(), `${what} ${id}`).toBe(0);
  // Whose role has which right is Grafana's own knowledge.
  const ofGrafana = await page.getByTestId('kubewise-rights').locator('tbody tr').count();
  expect(await page.locator('main tbody tr').count(), what).toBe(ofGrafana);
}

interface Columns {
  readonly value: readonly (number | null)[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}
const isSeriesOf = (url: string, { target, metricType }: Anomaly): boolean => {
  const { pathname, searchParams } = new URL(url);
  return (
    pathname.endsWith('/api/series') &&
    searchParams.get('name') === target.name &&
    searchParams.get('metricType') === metricType
  );
};

/** Of the chart's pixels, those that are not empty. */
const paintedShare = (page: Page): Promise<number> =>
  page.evaluate<number>(`(() => {
    const canvas = document.querySelector('[data-testid="kubewise-chart"] canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let painted = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at] > 0) painted += 1;
    return painted / (data.length / 4);
  })()`);

/** Presses Tab until this element has the focus. */
const tabTo = (page: Page, selector: string): Promise<void> =>
  tabUntil(page, () => page.evaluate<boolean>(`document.activeElement?.matches(${JSON.stringify(selector)}) ?? false`));

async function tabUntil(page: Page, isThere: () => Promise<boolean>): Promise<void> {
  for (let press = 0; press < 120; press += 1) {
    await page.keyboard.press('Tab');
    if (await isThere()) return;
  }
  throw new Error('Tab does not reach it');
}
