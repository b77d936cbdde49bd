import { targetKey, type Anomaly, type Incident } from '../model/index.ts';
import { JointSurprise, surpriseOf } from './detect/index.ts';
import { callGraph, derivedTypes, suspectsOf, type Surroundings } from './diagnose/index.ts';
import type { Ports } from './ports.ts';
import type { Reading } from './verify/index.ts';

/** How far back an event or a change still belongs to what is going on (s). */
const eventWindow = 600;
const changeWindow = 3600;

type Needed = Pick<Ports, 'store' | 'watcher'>;

/** Each target's anomalies say together how strange it is, as the scores of its series do in `kubewise_workload_score`. */
function surprisesOf(anomalies: readonly Anomaly[]): ReadonlyMap<string, number> {
  const joints = new Map<string, JointSurprise>();
  for (const { targetKey: key, metricType, peak } of anomalies) {
    if (derivedTypes.has(metricType)) continue;
    const joint = joints.get(key) ?? new JointSurprise();
    joints.set(key, joint);
    joint.add(surpriseOf(peak));
  }
  for (const joint of joints.values()) joint.end();
  return new Map([...joints].map(([key, joint]) => [key, joint.now]));
}

/** What is going on around an incident, as a diagnosis may ask about it. */
export async function surroundingsOf(
  { store, watcher }: Needed,
  readings: (targetKey: string) => readonly Reading[],
  incident: Incident,
): Promise<Surroundings> {
  const { topology } = watcher;
  const anomalies = await store.anomalies.find({ where: { open: true, cluster: incident.cluster }, limit: 1000 });
  const bare: Surroundings = {
    objects: topology,
    graph: callGraph(topology),
    ownerOf: (kind, namespace, name) => topology.ownerOf(kind, namespace, name),
    anomalies,
    surprises: surprisesOf(anomalies),
    events: [],
    changes: topology.interventions(incident.startedAt - changeWindow),
    latest: (target, metricType) => readings(targetKey(target)).find((one) => one.metricType === metricType),
  };
  const keys = suspectsOf({ incident, around: bare }).map(targetKey);
  const events = await store.events.find({
    where: { targetKey: { in: keys }, lastSeen: { gte: incident.startedAt - eventWindow } },
    orderBy: { field: 'lastSeen', direction: 'desc' },
    limit: 200,
  });
  return { ...bare, events };
}
