import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Intervention, Topology } from '../../backend/src/model/index.ts';
import { knownAt } from '../../backend/src/pipeline/replay.ts';
import { faultFamilies } from '../cluster/faults/index.ts';
import { befall } from '../cluster/faults/lookup.ts';
import type { ShopCluster } from '../cluster/index.ts';
import { live, type Lived, type Watched } from './live.ts';
import { watchCluster } from './watched-cluster.ts';

/**
 * Fifty rollouts on the simulated cluster, and two true incidents among them: `node test/detection/rollouts.ts` records the
 * metrics and what the Kubernetes watch saw, replays both through loop one of `serve` without the changes, with them, and
 * with a watch that is an interval late, and writes ROLLOUTS.md beside this file.
 */
const [rollouts, every, interval] = [50, 900, 60];
const pastDays = 3;
const lasts = 720;
/** An incident's traces are still in the five-minute rates and in the queues (s). */
const aftermath = 900;
/** Before the first rollout, and how long a new container is cold, that is slow and busy (s). */
const quiet = 1800;
const cold = { seconds: 90, traits: { latencyFactor: 5, cpuFactor: 2 } };

interface Trouble {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

interface Recorded {
  readonly watched: Watched;
  readonly troubles: readonly Trouble[];
  readonly interventions: readonly Intervention[];
  readonly close: () => Promise<void>;
}

/** Caches are empty and code is not compiled yet when a container starts. */
function startCold({ ground, clock }: ShopCluster): void {
  const { world } = ground;
  befall(ground, {
    touches: (pod) => pod.profile?.kind === 'Deployment',
    traits: ({ uid }) =>
      clock.now() - (world.lives.get(uid)?.startedAt ?? -Infinity) < cold.seconds ? cold.traits : {},
  });
}

async function inject(cluster: ShopCluster, family: string, role: string) {
  const found = faultFamilies.get(family);
  if (!found) throw new Error(`there is no family ${family}`);
  return found.inject(cluster.ground, { role });
}

/** One service after the other gets a new release, which is well; after a third of them a database is slow, after two thirds a release is. */
async function play(cluster: ShopCluster): Promise<readonly Trouble[]> {
  const { clock, shop } = cluster;
  await clock.sleep(quiet);
  startCold(cluster);
  const roles = shop.profiles
    .filter((one) => one.kind === 'Deployment' && one.namespace === 'shop')
    .map(({ role }) => role);
  const troubles: Trouble[] = [];
  const trouble = async (family: string, role: string): Promise<void> => {
    const from = clock.now();
    const injected = await inject(cluster, family, role);
    await clock.sleep(lasts);
    await injected.end();
    await clock.sleep(aftermath);
    troubles.push({ name: `${family} of ${role}`, from, to: clock.now() });
  };
  for (let i = 0; i < rollouts; i += 1) {
    await inject(cluster, 'control-rollout', roles[i % roles.length] ?? '');
    await clock.sleep(every);
    if (i === Math.floor(rollouts / 3)) await trouble('slow-dependency', 'catalog-db');
    if (i === Math.floor((2 * rollouts) / 3)) await trouble('slow-release', 'catalog');
  }
  return troubles;
}

async function record(seed: number): Promise<Recorded> {
  const watching = await watchCluster({ seed, pastDays, speed: Infinity });
  const { clock } = watching.cluster;
  const from = Math.ceil(clock.now() / interval) * interval;
  const troubles = await play(watching.cluster);
  const to = Math.floor(clock.now() / interval) * interval;
  return {
    watched: { ...(await watching.record({ from, to, interval })), warmStart: { days: pastDays - 1, step: 300 } },
    troubles,
    interventions: watching.topology.interventions(from - interval),
    close: watching.close,
  };
}

interface Row {
  readonly what: string;
  readonly alarms: number;
  readonly incidents: number;
  readonly found: readonly (number | undefined)[];
}

const isDuring = (troubles: readonly Trouble[], at: number): boolean =>
  troubles.some(({ from, to }) => at >= from && at <= to);

function rowOf(what: string, { incidents, anomalies }: Lived, { troubles, watched }: Recorded): Row {
  const isFalse = (at: number): boolean => at >= watched.from + quiet && !isDuring(troubles, at);
  return {
    what,
    alarms: anomalies.filter(({ startedAt }) => isFalse(startedAt)).length,
    incidents: incidents.filter(({ openedAt }) => isFalse(openedAt)).length,
    // An incident that is still open takes up what follows.
    found: troubles.map(({ from, to }) => {
      const met = anomalies
        .filter(({ incidentId, startedAt }) => incidentId !== undefined && startedAt >= from && startedAt <= to)
        .map(({ startedAt }) => startedAt);
      return met.length > 0 ? Math.min(...met) - from : undefined;
    }),
  };
}

/** With a watch that is so late (s), in the time of the replay. */
async function replay(what: string, recording: Recorded, late: number): Promise<Row> {
  const { watched, interventions } = recording;
  const lived = await live(
    {
      ...watched,
      topologyAt: (now: () => number): Partial<Topology> => ({
        interventions: (since) => knownAt(interventions, now() - late).filter(({ at }) => at >= since),
      }),
    },
    3,
    2 * 86_400,
  );
  return rowOf(what, lived, recording);
}

const recording = await record(7);
const rows = [
  await replay('changes are not known', recording, Infinity),
  await replay('changes are known', recording, 0),
  await replay('the watch is an interval late', recording, interval),
];
const [unknown] = rows;
const fewer = (part: number, whole: number): string => (whole > 0 ? `${Math.round(100 * (1 - part / whole))} %` : '–');
const soon = (found: number | undefined): string => (found === undefined ? 'lost' : `${found} s`);
const lines = rows.map(({ what, alarms, incidents, found }) =>
  [
    what,
    alarms,
    fewer(alarms, unknown?.alarms ?? 0),
    incidents,
    fewer(incidents, unknown?.incidents ?? 0),
    ...found.map(soon),
  ].join(' | '),
);
const seen = recording.interventions.filter(({ kind }) => kind === 'Rollout').length;
const text = [
  '# Fifty rollouts',
  '',
  `Written by \`node test/detection/rollouts.ts\`; do not edit. ${rollouts} good rollouts of the simulated cluster, one each ${every / 60} minutes, and two true`,
  `incidents among them, the second of which is a rollout itself; the watch saw ${seen} rollouts. Loop one of \`serve\` over the same recording.`,
  `For its first ${cold.seconds} s a new container answers ${cold.traits.latencyFactor} times as slowly and needs ${cold.traits.cpuFactor} times the CPU.`,
  'False = outside of the two incidents and a quarter of an hour after each.',
  '',
  `| | false anomalies | fewer | false incidents | fewer | ${recording.troubles.map(({ name }) => `${name}, found after`).join(' | ')} |`,
  '| --- | --- | --- | --- | --- | --- | --- |',
  ...lines.map((line) => `| ${line} |`),
  '',
].join('\n');
await recording.close();
writeFileSync(join(import.meta.dirname, 'ROLLOUTS.md'), text);
process.stdout.write(text);
