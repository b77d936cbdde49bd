/**
 * Against a real Grafana, for those with Docker: `docker compose up`, then `npx playwright test` in this folder. The project's
 * own browser tests (test/e2e) need no Docker; these say what only a real Grafana can say.
 */
import { expect, test } from '@grafana/plugin-e2e';
import { testIds } from '../src/components/testIds';

const app = '/a/kubewise-app';

test('the pages open from the app, and show an answer or why there is none', async ({ page }) => {
  for (const [path, id] of [
    ['incidents', testIds.incidents.page],
    ['detectors', testIds.detectors.page],
    ['actions', testIds.actions.page],
    ['setup', testIds.setup.page],
  ] as const) {
    await page.goto(`${app}/${path}`);
    await expect(page.getByTestId(id)).toBeVisible();
    await expect(page.getByTestId(testIds.state.loading)).toHaveCount(0);
  }
});

test('the provisioned data source reaches KubeWise', async ({
  readProvisionedDataSource,
  gotoDataSourceConfigPage,
}) => {
  const datasource = await readProvisionedDataSource({ fileName: 'kubewise.yaml', name: 'KubeWise' });
  const page = await gotoDataSourceConfigPage(datasource.uid);
  // A data source without a Go backend has no health endpoint: its own first question counts.
  await expect(page.saveAndTest({ path: `/api/datasources/proxy/uid/${datasource.uid}/api/me` })).toBeOK();
  await expect(page).toHaveAlert('success');
});

test('a panel shows incidents as a table', async ({ panelEditPage, readProvisionedDataSource }) => {
  const datasource = await readProvisionedDataSource({ fileName: 'kubewise.yaml', name: 'KubeWise' });
  await panelEditPage.datasource.set(datasource.name);
  await panelEditPage.setVisualization('Table');
  await expect(
    panelEditPage.refreshPanel({
      waitForResponsePredicateCallback: (answer) => answer.url().includes('/api/incidents'),
    })
  ).toBeOK();
});

test('the proxy refuses a Viewer who posts an approval', async ({ request }) => {
  const viewer = process.env.GRAFANA_VIEWER_AUTH;
  test.skip(!viewer, 'GRAFANA_VIEWER_AUTH ("user:password" of a Viewer) is not set');
  const answer = await request.post('/api/datasources/proxy/uid/kubewise/approvals', {
    data: { planId: 'p', digest: '0'.repeat(64), idempotencyKey: 'spec-0001' },
    headers: { Authorization: `Basic ${Buffer.from(viewer ?? '').toString('base64')}` },
  });
  expect(answer.status()).toBe(403);
});
