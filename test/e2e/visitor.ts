import axe from 'axe-core';
import type { Page, Request } from 'playwright-core';
import type { Incident } from '../../backend/src/model/index.ts';
import type { Browser } from '../grafana/index.ts';
import type { Stand } from './stand.ts';

const proxy = '/api/datasources/proxy/uid/kubewise';

/** People in front of the stand: a browser page for each, and their requests past the buttons. */
export interface Visitors {
  /** A page of this user, in a browser that was nobody before. */
  readonly as: (login: string, to: string) => Promise<Page>;
  /** A request through the proxy with this user's session. */
  readonly through: (login: string, path: string, body?: object, headers?: Record<string, string>) => Promise<Response>;
}

export const visitors = (stand: Stand, browser: Browser): Visitors => ({
  async as(login, to) {
    await browser.context.clearCookies();
    const page = await browser.page();
    page.setDefaultTimeout(60_000);
    await page.goto(stand.grafana.loginUrl(login, to));
    await page.waitForFunction('window.hostReady === true');
    return page;
  },
  through: (login, path, body, headers = {}) =>
    fetch(`${stand.grafana.url}${proxy}/${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { cookie: stand.grafana.cookie(login), 'content-type': 'application/json', ...headers },
      ...(body && { body: JSON.stringify(body) }),
    }),
});

/** Something of the plugin is on the page, and nothing says any more that it is loading. */
export const loaded = (page: Page): Promise<unknown> =>
  page.waitForFunction(
    `document.querySelector('main [data-testid^="kubewise-"], main [data-panel], main table, main input') && !document.querySelector('[data-testid="kubewise-loading"]')`,
  );

/** Follows a link of the host's navigation: no reload, as in Grafana. */
export async function visit(page: Page, title: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: title, exact: true }).click();
  await loaded(page);
}

export const approvalOf = ({ plan }: Incident, key: string) => ({
  planId: plan?.id,
  digest: plan?.digest,
  idempotencyKey: `e2e-${key}-0123456789`,
});

export const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();

interface Violation {
  readonly id: string;
  readonly impact?: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}
/** What axe calls serious or critical within the first element of this kind. */
export async function violations(page: Page, within = 'main'): Promise<string[]> {
  // The shade of a button in focus or under the mouse is Grafana's own.
  await page.mouse.move(0, 0);
  await page.evaluate('document.activeElement?.blur()');
  // Half transparent while it comes in, text has no contrast yet.
  await page.evaluate(
    'Promise.all(document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime < 5000).map(({ finished }) => finished))',
  );
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate<{ violations: readonly Violation[] }>(
    `axe.run(document.querySelector(${JSON.stringify(within)}), { resultTypes: ['violations'] })`,
  );
  return found
    .filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .map(({ id, nodes: [first] }) => `${id}: ${first?.html.slice(0, 160)} ${first?.failureSummary}`);
}

/** What a page asks of KubeWise from now on, counted in the browser. */
export function trafficOf(page: Page) {
  let asked: string[] = [];
  const note = (request: Request): void => {
    const { pathname, search } = new URL(request.url());
    if (pathname.startsWith(proxy)) asked.push(`${request.method()} ${pathname.slice(proxy.length)}${search}`);
  };
  page.on('request', note);
  return {
    count: () => asked.length,
    /** Method and path → how often, whatever the query. */
    perPath: (): ReadonlyMap<string, number> =>
      new Map([...Map.groupBy(asked, (one) => one.replace(/\?.*/, ''))].map(([path, all]) => [path, all.length])),
    forget: () => void (asked = []),
    stop: () => page.off('request', note),
  };
}
