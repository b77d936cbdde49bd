import { expect } from 'vitest';
import type { App } from '../../backend/src/app.ts';
import type { Gate } from './gate.ts';

export const quick = {
  ...{ ERROR_THRESHOLD: '2', CIRCUIT_OPEN_TIMEOUT: '0.3', HALF_OPEN_MAX_CALLS: '2', RETRY_MAX_ATTEMPTS: '0' },
  ...{ PROM_POLL_INTERVAL: '3600', WARM_START_DAYS: '0', CLUSTER_NAME: 'circuits', PORT: '0', LOG_LEVEL: 'info' },
};

/** What a scraper of /metrics sees of a circuit. */
export async function seen(app: App, service: string) {
  const text = await (await fetch(`${app.url}/metrics`)).text();
  const valueOf = (series: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.slice(series.length) ?? NaN,
    );
  const moved = (to: string) => valueOf(`kubewise_circuit_breaker_transitions_total{service="${service}",to="${to}"}`);
  return {
    status: valueOf(`kubewise_circuit_breaker_status{service="${service}"}`),
    up: valueOf(`kubewise_external_service_up{service="${service}"}`),
    opened: moved('open'),
    halfOpened: moved('half open'),
    closed: moved('closed'),
  };
}

/** A component of /health/extended; asking pings Prometheus, Kubernetes and the store. */
export async function component(app: App, name: string): Promise<string | undefined> {
  const answer = await fetch(`${app.url}/health/extended`, { headers: { authorization: `Bearer ${app.token}` } });
  const { components } = (await answer.json()) as { components: Record<string, { status: string }> };
  return components[name]?.status;
}

/** Asks until the scraper sees it: outages take their time to be noticed. */
async function until(
  app: App,
  service: string,
  ask: () => Promise<unknown>,
  met: (now: Awaited<ReturnType<typeof seen>>) => boolean,
): Promise<void> {
  await expect
    .poll(
      async () => {
        await ask();
        return met(await seen(app, service));
      },
      { timeout: 40_000, interval: 100 },
    )
    .toBe(true);
}

/** Closed → open → half open → closed, by an outage of the system behind the gate, as /metrics tells it. */
export async function driveRound(app: App, service: string, gate: Gate, ask: () => Promise<unknown>): Promise<void> {
  await ask();
  expect(await seen(app, service)).toMatchObject({ status: 0, up: 1 });
  gate.shut();
  await until(app, service, ask, ({ status, up, opened }) => status === 2 && up === 0 && opened >= 1);
  gate.open();
  await until(app, service, ask, ({ status, up, halfOpened, closed }) =>
    [status === 0, up === 1, halfOpened >= 1, closed >= 1].every(Boolean),
  );
}
