import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Incident } from '../../backend/src/model/index.ts';
import { chromiumPath, foreignSigner } from '../grafana/index.ts';
import { picture, secrets, until } from './stand.ts';
import { approvalOf, iso, loaded, violations } from './visitor.ts';
import { planWaiting, scenePatience, type Scene } from './waiting-plan.ts';

const isThere = chromiumPath() !== undefined;
if (!isThere) console.log('skipped: chromium absent');

/** Refusals that a test provokes are logged by the browser as errors of the page. */
const provoked = /status of (403|409|412|502)/;

describe.skipIf(!isThere)('a person approves a plan in Grafana', () => {
  let scene: Scene;
  let stand: Scene['stand'];
  let browser: Scene['browser'];
  let waiting: Scene['waiting'];
  let as: Scene['as'];
  let through: Scene['through'];

  beforeAll(async () => {
    scene = await planWaiting();
    ({ stand, browser, waiting, as, through } = scene);
  }, scenePatience);
  afterAll(() => scene?.close());

  const incidentPage = (): string => `/a/kubewise-app/incidents/${waiting.id}`;

  test('the pages show what the backend knows, and nothing breaks', async () => {
    const page = await as('viewer', '/a/kubewise-app/incidents');
    await page.getByTestId('kubewise-incident-row').first().waitFor();
    expect(await page.getByTestId('kubewise-incidents').innerText()).toContain(waiting.target.name);
    await picture(page, 'incidents-dark');
    expect(stand.grafana.proxied.some((one) => one.path === 'api/incidents' && one.status === 200)).toBe(true);
    for (const [path, testId] of [
      ['detectors', 'kubewise-detectors'],
      ['actions', 'kubewise-actions'],
      ['setup', 'kubewise-setup'],
    ] as const) {
      await page.goto(`${stand.grafana.url}/a/kubewise-app/${path}`);
      await page.getByTestId(testId).waitFor();
      await loaded(page);
      await picture(page, `${path}-dark`);
    }
    expect(browser.problems()).toEqual([]);
    await page.close();
  });

  test('a Viewer sees the plan and cannot act, neither here nor past the buttons', async () => {
    const page = await as('viewer', incidentPage());
    await page.getByTestId('kubewise-plan').waitFor();
    expect(await page.getByTestId('kubewise-plan-approve').isDisabled()).toBe(true);
    expect(await page.getByTestId('kubewise-plan-reject').isDisabled()).toBe(true);
    await picture(page, 'incident-viewer-dark');
    await page.close();
    for (const login of ['viewer', 'editor']) {
      const refused = await through(login, 'approvals', approvalOf(waiting, `try-${login}`));
      expect(refused.status).toBe(403);
    }
    expect((await stored()).phase).toBe('Proposed');
  });

  test('forged requests are refused by the backend itself', async () => {
    const { issuer, signer, users } = stand.grafana;
    const admin = users.find((one) => one.role === 'Admin') ?? expect.fail('no admin');
    const [good, foreign, late, org, endless] = await Promise.all([
      signer.sign(admin, issuer),
      (await foreignSigner()).sign(admin, issuer),
      signer.sign(admin, issuer, { exp: 1 }),
      signer.sign(admin, issuer, { aud: ['org:9'], namespace: 'org-9' }),
      signer.sign(admin, issuer, { exp: undefined }),
    ]);
    const [, body = ''] = good.split('.');
    const unsigned = `${Buffer.from('{"alg":"none","typ":"jwt"}').toString('base64url')}.${body}.`;
    const forged: readonly (readonly [string, Record<string, string>])[] = [
      ['no identity', { 'x-kubewise-approve': secrets.approveSecret, 'x-grafana-user': 'admin' }],
      ['no route secret', { 'x-grafana-id': good }],
      ['a wrong route secret', { 'x-grafana-id': good, 'x-kubewise-approve': 'approve-secret-of-nobody' }],
      ['a key nobody published', { 'x-grafana-id': foreign, 'x-kubewise-approve': secrets.approveSecret }],
      ['an expired token', { 'x-grafana-id': late, 'x-kubewise-approve': secrets.approveSecret }],
      ['another organisation', { 'x-grafana-id': org, 'x-kubewise-approve': secrets.approveSecret }],
      ['no end', { 'x-grafana-id': endless, 'x-kubewise-approve': secrets.approveSecret }],
      ['alg none', { 'x-grafana-id': unsigned, 'x-kubewise-approve': secrets.approveSecret }],
    ];
    for (const [what, headers] of forged) {
      const answer = await stand.direct('/api/v1/approvals', {
        method: 'POST',
        headers: { authorization: `Bearer ${secrets.viewer}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify(approvalOf(waiting, what.replaceAll(' ', '-'))),
      });
      expect([401, 403], what).toContain(answer.status);
    }
    expect((await stored()).phase).toBe('Proposed');
  });

  test('a plan that changed since it was shown is not approved', async () => {
    const stale = { ...approvalOf(await stored(), 'stale-digest'), digest: '0'.repeat(64) };
    const answer = await through('approver', 'approvals', stale);
    expect(answer.status).toBe(412);
    const page = await as('approver', incidentPage());
    await page.route('**/approvals', async (route) => {
      const sent = route.request().postDataJSON() as object;
      await route.continue({ postData: JSON.stringify({ ...sent, digest: '0'.repeat(64) }) });
    });
    await page.getByTestId('kubewise-plan-approve').click();
    await page.getByRole('button', { name: 'Approve and run' }).click();
    await page.getByTestId('kubewise-plan-changed').waitFor();
    await picture(page, 'plan-changed-dark');
    expect((await stored()).phase).toBe('Proposed');
    await page.close();
  });

  test('an approver approves in the panel; the backend names who it was, runs the plan and the cluster recovers', async () => {
    const approvals = (): number => stand.grafana.proxied.filter(({ path }) => path === 'approvals').length;
    const before = approvals();
    const page = await as('approver', '/d/kubewise?panel=planreview');
    await picture(page, 'panel-planreview-dark');
    stand.grafana.slow(1500);
    await page.getByTestId('kubewise-plan-approve').first().click();
    // Impatient on a slow network: the second click must not be a second decision.
    await page.getByRole('button', { name: 'Approve and run' }).dblclick();
    const decided = page.getByTestId('kubewise-plan-decided');
    await decided.waitFor();
    stand.grafana.slow(0);
    expect(await decided.innerText()).toContain('user:4');
    await page.close();
    expect(approvals()).toBe(before + 1);
    const incident = await stored();
    expect(incident.approvals.at(-1)).toMatchObject({ subject: 'user:4', issuer: stand.grafana.issuer });
    expect(incident.approvals.at(-1)?.digest).toBe(incident.plan?.digest);
    const again = await through('admin', 'approvals', approvalOf(incident, 'somebody-else-again'));
    expect(again.ok).toBe(false);
    stand.hurry();
    const ended = await stand.incident((one) => one.id === waiting.id && one.closedAt !== undefined, 240);
    expect(ended).toMatchObject({ phase: 'Resolved', outcome: { verdict: 'Fixed' } });
  });

  test('the story is in the annotations, the incident page and the audit trail', async () => {
    const now = stand.cluster.clock.now();
    const range = `from=${iso(now - 10_000)}&to=${iso(now)}`;
    const answer = await through(
      'viewer',
      `api/annotations?layers=incidents,plans,approvals,executions,outcomes&${range}`,
    );
    const { layers } = (await answer.json()) as { layers: { layer: string; events: unknown[] }[] };
    for (const { layer, events } of layers) expect(events.length, layer).toBeGreaterThan(0);
    const page = await as('viewer', `${incidentPage()}?theme=light`);
    await page.getByTestId('kubewise-timeline').waitFor();
    expect(await page.getByTestId('kubewise-incident').innerText()).toMatch(/user:4|approver/);
    await picture(page, 'incident-resolved-light');
    await page.close();
  });

  test('the data source is healthy, and says so when the backend refuses', async () => {
    const page = await as('viewer', '/d/kubewise?panel=anomalies&theme=light');
    await loaded(page);
    await picture(page, 'panel-anomalies-light');
    const health = await page.evaluate('window.kubewisePlugins.instances[0].datasource.testDatasource()');
    expect(health).toMatchObject({ status: 'success' });
    await page.close();
  });

  test('no page has a violation that axe calls serious or critical', async () => {
    const views = [
      ['incidents', 'light'],
      [`incidents/${waiting.id}`, 'dark'],
      ['detectors', 'light'],
      ['actions', 'light'],
      ['setup', 'light'],
    ] as const;
    for (const [path, theme] of views) {
      const page = await as('approver', `/a/kubewise-app/${path}?theme=${theme}`);
      await page.getByTestId('kubewise-app').waitFor();
      await loaded(page);
      await picture(page, `${path.split('/')[0]}-admin-${theme}`);
      expect(await violations(page), `${path} ${theme}`).toEqual([]);
      await page.close();
    }
    expect(browser.problems(provoked)).toEqual([]);
  });

  test('without the backend every page says that it is not there', async () => {
    await stand.app.stop();
    const page = await as('viewer', '/a/kubewise-app/incidents');
    await loaded(page);
    await picture(page, 'backend-down-dark');
    await page.getByTestId('kubewise-failure').first().waitFor();
    expect(await page.getByTestId('kubewise-incident-row').count()).toBe(0);
    await page.close();
  });

  const stored = (): Promise<Incident> =>
    until(async () => (await stand.app.ports.store.incidents.get(waiting.id)) ?? undefined, 5);
});
