import {
  knownKinds,
  number,
  targetKey,
  text,
  type EventRecord,
  type JsonObject,
  type Target,
  type Topology,
} from '../../model/index.ts';

/** Normal events that explain something; all others are dropped at the door. */
const telling = new Set([
  'ScalingReplicaSet',
  'SuccessfulRescale',
  'Killing',
  'NodeNotReady',
  'NodeReady',
  'NodeHasDiskPressure',
  'NodeHasInsufficientMemory',
  'NodeHasInsufficientPID',
  'NodeNotSchedulable',
  'NodeSchedulable',
  'Rebooted',
  'TaintManagerEviction',
  'Preempted',
]);

export const isTelling = (event: JsonObject): boolean =>
  text(event, 'type') === 'Warning' || telling.has(text(event, 'reason'));

const time = (event: JsonObject, ...keys: string[]): number => Date.parse(text(event, ...keys)) / 1000;
const firstNumber = (...numbers: number[]): number => numbers.find((one) => Number.isFinite(one)) ?? 0;

/** The owner that a remediation would touch; a pod or a node is at least itself. */
function targetOf(
  involved: EventRecord['involved'],
  topology: Pick<Topology, 'cluster' | 'ownerOf'>,
): Target | undefined {
  const { kind, namespace, name } = involved;
  const owner = topology.ownerOf(kind, kind === 'Node' ? '' : namespace, name);
  if (owner || !(knownKinds as readonly string[]).includes(kind)) return owner;
  const plain = { cluster: topology.cluster, kind, namespace: kind === 'Node' ? '' : namespace, name };
  return kind === 'Node' ? plain : { ...plain, ...(involved.uid && { uid: involved.uid }) };
}

const maxMessage = 2000;

/** A core/v1 Event in one form, whichever of its three generations of fields the sender filled. Times in Unix seconds. */
export function eventRecord(event: JsonObject, topology: Pick<Topology, 'cluster' | 'ownerOf'>): EventRecord {
  const involved = {
    kind: text(event, 'involvedObject', 'kind'),
    namespace: text(event, 'involvedObject', 'namespace'),
    name: text(event, 'involvedObject', 'name'),
    uid: text(event, 'involvedObject', 'uid'),
  };
  const target = targetOf(involved, topology);
  const created = time(event, 'metadata', 'creationTimestamp');
  const firstSeen = firstNumber(time(event, 'firstTimestamp'), time(event, 'eventTime'), created);
  return {
    id: text(event, 'metadata', 'uid'),
    version: 0,
    schemaVersion: 1,
    cluster: topology.cluster,
    type: text(event, 'type') === 'Warning' ? 'Warning' : 'Normal',
    reason: text(event, 'reason'),
    message: text(event, 'message').slice(0, maxMessage),
    involved,
    ...(target && { target }),
    targetKey: target ? targetKey(target) : '',
    source: text(event, 'source', 'component') || text(event, 'reportingComponent'),
    count: Math.max(1, number(event, 'series', 'count'), number(event, 'count')),
    firstSeen,
    lastSeen: Math.max(
      firstSeen,
      firstNumber(time(event, 'series', 'lastObservedTime'), time(event, 'lastTimestamp'), firstSeen),
    ),
  };
}

/** Events in the order of their weight: warnings first, then the newest. */
export const byWeight = (a: EventRecord, b: EventRecord): number =>
  a.type === b.type ? b.lastSeen - a.lastSeen : a.type === 'Warning' ? -1 : 1;
