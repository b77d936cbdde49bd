import type { Identity, Operations } from '../../pipeline/ports.ts';
import { z } from 'zod';
import { available, HttpProblem, settled } from '../problems.ts';
import { alsoAt, route, type Backend, type Route } from '../route.ts';
import { pageFrom } from '../pages.ts';
import { muteOf } from '../views/anomaly-view.ts';
import { endOf, present } from '../views/basic-view.ts';
import { pageOf } from '../wire/basic.ts';
import { ListQuery } from '../wire/queries.ts';
import {
  ConfigRequest,
  KillSwitchRequest,
  ModeRequest,
  MuteRequest,
  QueryRequest,
  UnmuteRequest,
} from '../wire/requests.ts';
import { KillSwitch, ModeAnswer, WireConfig, WireMute, WireQuery } from '../wire/system.ts';
import { queryOf } from './system.ts';

function modeRoutes({ operations }: Backend): Route[] {
  const read = route({
    ...{ method: 'get', path: '/api/v1/mode', tag: 'settings', answers: ModeAnswer },
    summary: 'MANUAL: people approve. AUTO: what the policy grants runs by itself',
    handle: async () => ({ mode: operations.mode() }),
  });
  const write = route({
    ...{ method: 'post', path: '/api/v1/mode', tag: 'settings', body: ModeRequest, answers: ModeAnswer },
    summary: 'Switch between MANUAL and AUTO',
    handle: async ({ body, by }) => ({ mode: settled(await operations.setMode(body.mode, by)) }),
  });
  return [...alsoAt(read, '/api/v1/setup/mode'), ...alsoAt(write, '/api/v1/setup/mode')];
}

/** Stopping is easier than starting: an operator may pull it, an admin alone lets go. */
function mayRelease(on: boolean, by: Identity): void {
  if (!on && by.role !== 'admin')
    throw new HttpProblem(403, 'Forbidden', 'the kill switch may be pulled by operators; letting go needs an admin');
}

function killSwitchRoutes({ operations }: Backend): Route[] {
  return [
    route({
      ...{ method: 'get', path: '/api/v1/killswitch', tag: 'settings', answers: KillSwitch },
      summary: 'Is everything stopped?',
      handle: async () => ({ on: operations.killSwitch() }),
    }),
    route({
      ...{ method: 'post', path: '/api/v1/killswitch', tag: 'settings', body: KillSwitchRequest, answers: KillSwitch },
      summary: 'Stop every remediation, or let them go on; it never goes off by itself',
      async handle({ body, by }) {
        mayRelease(body.on, by);
        return { on: settled(await operations.setKillSwitch(body.on, by)) };
      },
    }),
  ];
}

/** Older clients send `anomaly_thresholds`; our names are those of the environment. */
const named = (change: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(change).map(([name, value]) => [name.toUpperCase(), value]));

function configRoutes({ operations }: Backend): Route[] {
  const shown = (config: ReturnType<Operations['config']>) => ({
    config: { ...config },
    changeable: [...(operations.changeable?.() ?? [])],
  });
  const read = route({
    ...{ method: 'get', path: '/api/v1/config', tag: 'settings', answers: WireConfig },
    summary: 'The configuration, secrets masked, and what of it may change while running',
    handle: async () => shown(operations.config()),
  });
  const write = route({
    ...{ method: 'put', path: '/api/v1/config', tag: 'settings', body: ConfigRequest, answers: WireConfig },
    summary: 'Change settings while running, by name: {"ANOMALY_THRESHOLDS": {"cpu": 0.9}}',
    handle: async ({ body, by }) => shown(settled(await operations.setConfig(named(body), by))),
  });
  return [...alsoAt(read, '/config', '/api/v1/setup/config'), ...alsoAt(write, '/config')];
}

function muteRoutes({ operations, store, clock }: Backend): Route[] {
  return [
    route({
      ...{ method: 'get', path: '/api/v1/mutes', tag: 'settings', query: ListQuery, answers: pageOf(WireMute) },
      summary: 'Mutes that still hold',
      async handle({ query }) {
        const where = { until: { gt: clock.now() } };
        const { limit, skip, cursor } = query;
        const orderBy = { field: 'until', direction: 'asc' } as const;
        const page = await pageFrom(store.mutes, { where, orderBy, limit, skip, cursor });
        return { ...page, items: page.items.map(muteOf) };
      },
    }),
    route({
      ...{ method: 'post', path: '/api/v1/mutes', tag: 'settings', body: MuteRequest, answers: WireMute },
      summary: 'Do not hear about a workload, a namespace or a metric type until a time',
      async handle({ body, by }) {
        const { namespace, kind, name, metricType, why } = body;
        const wanted = { ...present({ namespace, kind, name, metricType }), until: endOf(body, clock.now()), why };
        return muteOf(settled(await operations.mute(wanted, by)));
      },
    }),
    route({
      ...{ method: 'post', path: '/api/v1/mutes/end', tag: 'settings', body: UnmuteRequest, status: 204 },
      summary: 'End a mute now',
      handle: async ({ body, by }) => settled(await operations.unmute(body.muteId, by)),
    }),
  ];
}

function queryRoutes({ operations }: Backend): Route[] {
  return [
    route({
      ...{ method: 'post', path: '/api/v1/queries', tag: 'detection', body: QueryRequest, answers: WireQuery },
      summary: 'Watch this query from now on, or change the one of its name',
      async handle({ body, by }) {
        const save = available(operations.saveQuery, 'changing watched queries at run time');
        return queryOf(settled(await save(body, by)));
      },
    }),
    route({
      ...{ method: 'post', path: '/api/v1/queries/delete', tag: 'detection', status: 204 },
      body: z.strictObject({ name: z.string().min(1).max(200) }),
      summary: 'Watch this query no longer',
      async handle({ body, by }) {
        const remove = available(operations.removeQuery, 'changing watched queries at run time');
        settled(await remove(body.name, by));
      },
    }),
  ];
}

export const settingRoutes = (backend: Backend): Route[] => [
  ...modeRoutes(backend),
  ...killSwitchRoutes(backend),
  ...configRoutes(backend),
  ...muteRoutes(backend),
  ...queryRoutes(backend),
];
