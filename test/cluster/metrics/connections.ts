import { maxConnectionsOf, poolOf } from '../workloads/configuration.ts';
import type { Life, World } from '../workloads/index.ts';
import { yes, type Exporter, type Labels } from './scrape.ts';

const labelsOf = ({ view }: Life, port: number): Labels => ({
  job: view.profile?.name ?? '',
  service: view.profile?.name ?? '',
  namespace: view.namespace,
  pod: view.name,
  instance: `${view.name}:${port}`,
});

const livesOf = ({ lives }: World): readonly Life[] =>
  [...lives.values()].filter((life) => !life.ended && life.view.profile !== undefined);

/** Pods whose pools hold connections to a role: a pool opens all of its connections when it starts. */
const clientsOf = (world: World, role: string): readonly Life[] =>
  livesOf(world).filter((life) => life.view.profile?.calls.some((call) => call.to === role));

/** postgres_exporter beside each member of a database. */
export const databases: Exporter = ({ world, sink }) => {
  for (const life of livesOf(world)) {
    const { profile, name, uid } = life.view;
    if (!profile?.repository.endsWith('/postgres')) continue;
    const set = sink.labels(`postgres/${uid}`, () => labelsOf(life, 9187));
    const most = maxConnectionsOf(life.view);
    const wanted = clientsOf(world, profile.role).reduce((sum, client) => sum + poolOf(client.view), 0);
    sink.gauge('pg_up', set, 1);
    sink.gauge('pg_settings_max_connections', set, most);
    sink.gauge('pg_stat_activity_count', set, Math.min(most, wanted));
    sink.gauge('pg_replication_is_replica', set, yes(!name.endsWith('-0')));
  }
};

/** What instrumented services say about their pools (OpenTelemetry's names, as Prometheus shows them). */
export const pools: Exporter = ({ world, sink }) => {
  for (const life of livesOf(world)) {
    const { profile, env, uid } = life.view;
    if (!env.has('DB_POOL_SIZE')) continue;
    const most = poolOf(life.view);
    const busy = (profile?.calls ?? [])
      .filter((call) => !world.shop.byRole(call.to).http)
      .reduce((sum, call) => sum + life.signals.rate * call.each * (world.services().get(call.to)?.latency ?? 0), 0);
    const used = Math.min(most, life.connections + busy);
    const set = (state: string) =>
      sink.labels(`pool/${state}/${uid}`, () => ({
        ...labelsOf(life, profile?.port ?? 0),
        pool_name: 'main',
        ...(state && { state }),
      }));
    sink.gauge('db_client_connections_usage', set('used'), used);
    sink.gauge('db_client_connections_usage', set('idle'), most - used);
    sink.gauge('db_client_connections_max', set(''), most);
  }
};
