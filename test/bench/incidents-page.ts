import type { CDPSession } from 'playwright-core';
import { tokenOf, type Running } from '../../backend/src/http/server.fake.ts';
import { chromiumPath, openBrowser, startGrafana, type Browser, type Grafana } from '../grafana/index.ts';
import { medianOf } from './grafana.ts';
import type { Row } from './results.ts';

/** Issue 5: interactive within a second after the module has loaded (ms). */
const budget = 1000;
const runs = 7;

/** Runs in the page before its own scripts: when the first row stood there and the browser had nothing more to do. */
const watchRows = `
  new MutationObserver((_, observer) => {
    if (!document.querySelector('[data-testid="kubewise-incident-row"]')) return;
    observer.disconnect();
    requestIdleCallback(() => (window.interactiveAt = performance.now()));
  }).observe(document, { childList: true, subtree: true });
`;
interface Opened {
  readonly rows: number;
  /** From the end of module.js to the moment at which a click is answered (ms of the wall clock). */
  readonly wall: number;
  /** The same as processor time: of the page's only thread, and of backend and proxy in this process (ms). */
  readonly cpu: number;
}

/** Processor time of the page's thread and of this process so far (ms). */
async function spent(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  const { user, system } = process.cpuUsage();
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN) * 1000 + (user + system) / 1000;
}

async function open(browser: Browser, grafana: Grafana, path: string): Promise<Opened> {
  const page = await browser.page();
  await page.addInitScript(watchRows);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  let before = 0;
  // The host page has nothing to do until it has the module.
  await page.route('**/kubewise-app/module.js', async (route) => {
    before = await spent(session);
    await route.continue();
  });
  await page.goto(grafana.loginUrl('admin', path));
  await page.waitForFunction('window.interactiveAt !== undefined');
  const cpu = (await spent(session)) - before;
  const seen = await page.evaluate<Omit<Opened, 'cpu'>>(`(() => {
    const [module] = performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/kubewise-app/module.js'));
    const rows = document.querySelectorAll('[data-testid="kubewise-incident-row"]').length;
    return { rows, wall: window.interactiveAt - module.responseEnd };
  })()`);
  await page.close();
  return { ...seen, cpu };
}

/** How long the list of incidents takes in Chromium, from the built module to rows that answer a click. */
export async function incidentsPage(running: Running): Promise<readonly Row[]> {
  if (!chromiumPath()) return [{ what: 'skipped: chromium absent' }];
  const [viewer, operator, admin] = [tokenOf('viewer'), tokenOf('operator'), tokenOf('admin')];
  const tokens = { viewer, operator, admin, approveSecret: 'approve-secret-of-the-bench' };
  const grafana = await startGrafana({ backendUrl: running.url, tokens });
  const browser = await openBrowser();
  try {
    const rows: Row[] = [];
    for (const [what, path] of [
      ['incidents page, all', '/a/kubewise-app/incidents?show=all'],
      ['incidents page, all, by namespace', '/a/kubewise-app/incidents?show=all&group=namespace'],
    ] as const) {
      // The first one compiles the host page of twenty megabytes, which Grafana has done long before.
      await open(browser, grafana, path);
      const opened: Opened[] = [];
      for (let run = 0; run < runs; run += 1) opened.push(await open(browser, grafana, path));
      const [walls, cpu] = [opened.map(({ wall }) => wall), medianOf(opened.map((one) => one.cpu))];
      rows.push({
        ...{ what, 'rows shown': opened[0]?.rows ?? 0, 'cpu ms': cpu.toFixed(0) },
        ...{ 'median ms': medianOf(walls).toFixed(0), 'worst ms': Math.max(...walls).toFixed(0) },
        ...{ budget, kept: cpu <= budget ? 'yes' : 'NO' },
      });
    }
    return rows;
  } finally {
    await browser.close();
    await grafana.close();
  }
}
