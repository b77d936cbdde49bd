/**
 * `npm run screenshots`: every page, panel and dialog of the plugin in both themes, from a run of the real backend on the
 * simulated cluster. They go to docs/screenshots; those that Grafana's catalogue shows also beside plugin.json. With names
 * (`npm run screenshots -- edit-plan explain`) only those are made again.
 */
import { copyFileSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Incident } from '../../backend/src/model/index.ts';
import { openBrowser } from '../grafana/index.ts';
import { startStand, until, type Stand } from './stand.ts';
import { approvalOf, loaded, visitors, type Visitors } from './visitor.ts';

const repository = join(import.meta.dirname, '..', '..');
const docs = join(repository, 'docs', 'screenshots');
const catalogue = join(repository, 'plugin', 'src', 'img');
/** Of the many, what plugin.json names. */
const shown = ['incident-dark', 'panel-plan-review-dark', 'panel-anomalies-light', 'detectors-light'];
const size = { width: 1280, height: 840 };
const mostBytes = 200_000;
const tooLarge: string[] = [];
const only = process.argv.slice(2);

interface Shot {
  readonly name: string;
  readonly path: string;
  readonly login?: string;
  /** Of the window (pixels), where the usual one holds too much for a small file. */
  readonly height?: number;
  /** What a person does before the picture. */
  readonly act?: (page: Page) => Promise<unknown>;
}
const click = (testId: string) => (page: Page) => page.getByTestId(testId).first().click();

const whileWaiting = (incident: string): readonly Shot[] => [
  { name: 'incidents', path: '/a/kubewise-app/incidents' },
  { name: 'incident', path: incident },
  { name: 'incident-viewer', path: incident, login: 'viewer' },
  { name: 'approve', path: incident, act: click('kubewise-plan-approve') },
  { name: 'reject', path: incident, act: click('kubewise-plan-reject') },
  { name: 'edit-plan', path: incident, act: openEditor, height: 700 },
  { name: 'plan-changed', path: incident, act: approveStale },
  { name: 'detectors', path: '/a/kubewise-app/detectors', act: backtest },
  { name: 'actions', path: '/a/kubewise-app/actions' },
  { name: 'setup', path: '/a/kubewise-app/setup' },
  { name: 'connection', path: '/plugins/kubewise-app', act: click('kubewise-config-test') },
  { name: 'data-source', path: '/connections/datasources/edit/kubewise' },
  { name: 'query-editor', path: '/explore' },
  { name: 'panel-plan-review', path: '/d/kubewise?panel=planreview' },
  { name: 'panel-anomalies', path: '/d/kubewise?panel=anomalies' },
  { name: 'explain', path: '/d/kubewise?panel=anomalies', act: explain },
];
const whenOver = (incident: string): readonly Shot[] => [
  { name: 'incidents-all', path: '/a/kubewise-app/incidents?show=all&group=phase' },
  { name: 'incident-resolved', path: incident },
];
const withoutBackend: readonly Shot[] = [{ name: 'backend-down', path: '/a/kubewise-app/incidents' }];

async function explain(page: Page): Promise<void> {
  await page.getByTestId('host-explain').click();
  await page
    .getByTestId('kubewise-explain')
    .getByText(/expected/)
    .first()
    .waitFor({ timeout: 240_000 });
}

async function openEditor(page: Page): Promise<void> {
  await page.getByRole('button', { name: /take only part of it/ }).click();
  await page.getByTestId('kubewise-plan-edit').scrollIntoViewIfNeeded();
}

/** The plan that was on the screen is not the plan any more: what KubeWise answers to its digest. */
async function approveStale(page: Page): Promise<void> {
  await page.route('**/approvals', async (route) => {
    const sent = route.request().postDataJSON() as object;
    await route.continue({ postData: JSON.stringify({ ...sent, digest: '0'.repeat(64) }) });
  });
  await page.getByTestId('kubewise-plan-approve').click();
  await page.getByRole('button', { name: 'Approve and run' }).click();
  await page.getByTestId('kubewise-plan-changed').waitFor();
}

async function backtest(page: Page): Promise<void> {
  const promql = 'max by (namespace, pod) (kube_pod_container_status_restarts_total)';
  await page.getByTestId('kubewise-backtest-promql').fill(promql);
  await page.getByTestId('kubewise-backtest-run').click();
  await page
    .getByTestId('kubewise-backtest-result')
    .getByText(/would have alerted|failed/)
    .first()
    .waitFor({ timeout: 240_000 });
  await page.getByTestId('kubewise-backtest-promql').scrollIntoViewIfNeeded();
}

async function shoot({ as }: Visitors, shots: readonly Shot[]): Promise<void> {
  const wanted = shots.filter(({ name }) => only.length === 0 || only.includes(name));
  for (const theme of ['dark', 'light']) {
    for (const { name, path, login = 'admin', act, height = size.height } of wanted) {
      const page = await as(login, `${path}${path.includes('?') ? '&' : '?'}theme=${theme}`);
      await page.setViewportSize({ ...size, height });
      await loaded(page);
      await act?.(page);
      await loaded(page);
      // For the icons, which come one by one; a page that asks again and again never falls silent.
      await page.waitForLoadState('networkidle', { timeout: 5000 }).catch(() => undefined);
      await save(page, `${name}-${theme}`, height);
      await page.close();
    }
  }
}

/** Without the frame of the stand-in, and no taller than what is on the page. */
async function save(page: Page, name: string, most: number): Promise<void> {
  const top = await page.evaluate<number>(
    "Math.round(document.querySelector('main').getBoundingClientRect().top + scrollY)",
  );
  const end = await page.evaluate<number>(
    "Math.round(document.querySelector('main').getBoundingClientRect().bottom + scrollY)",
  );
  const isOpen = (await page.getByRole('dialog').count()) > 0;
  const above = await page.evaluate<number>('scrollY');
  const y = Math.max(0, top - above);
  const height = isOpen ? most - y : Math.min(most, end - above) - y;
  const path = join(docs, `${name}.png`);
  await page.screenshot({
    path,
    clip: { x: 0, y, width: size.width, height: Math.max(height, 200) },
    animations: 'disabled',
  });
  const { size: bytes } = statSync(path);
  console.log(`${name}.png ${Math.round(bytes / 1000)} kB`);
  if (bytes > mostBytes) tooLarge.push(name);
  if (shown.includes(name)) copyFileSync(path, join(catalogue, `${name}.png`));
}

async function waiting(stand: Stand): Promise<Incident> {
  await stand.fault('memory-leak');
  await stand.fault('bad-release');
  const proposed = (one: Incident): boolean => one.phase === 'Proposed' && one.plan !== undefined;
  await until(async () => ((await stand.app.ports.store.incidents.count()) > 1 ? true : undefined), 240);
  return stand.incident((one) => proposed(one) && /rollback/.test(JSON.stringify(one.plan)), 240);
}

if (only.length === 0) rmSync(docs, { recursive: true, force: true });
mkdirSync(docs, { recursive: true });
const [stand, browser] = await Promise.all([startStand(), openBrowser(size)]);
try {
  const people = visitors(stand, browser);
  const incident = await waiting(stand);
  const page = `/a/kubewise-app/incidents/${incident.id}`;
  stand.linger();
  await shoot(people, whileWaiting(page));
  const now = (await stand.app.ports.store.incidents.get(incident.id)) ?? incident;
  await people.through('approver', 'approvals', approvalOf(now, 'for-the-picture'));
  stand.hurry();
  await stand.incident((one) => one.id === incident.id && one.closedAt !== undefined, 240);
  stand.linger();
  await shoot(people, whenOver(page));
  await stand.app.stop();
  await shoot(people, withoutBackend);
} finally {
  await browser.close();
  await stand.close();
}
if (tooLarge.length > 0) throw new Error(`more than ${mostBytes} bytes: ${tooLarge.join(', ')}`);
