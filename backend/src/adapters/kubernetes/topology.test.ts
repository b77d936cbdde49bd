import { expect, test } from 'vitest';
import type { JsonObject, KnownKind } from '../../model/index.ts';
import { createTopology } from './topology.ts';

type Topology = ReturnType<typeof createTopology>;

const owner = (kind: string, name: string) => ({ kind, name, uid: `${kind}-${name}`, controller: true });
const objectOf = (kind: string, name: string, more: JsonObject = {}, owners: JsonObject[] = []): JsonObject => ({
  metadata: { namespace: 'shop', name, uid: `${kind}-${name}`, ownerReferences: owners },
  ...more,
});
function put(topology: Topology, kind: KnownKind, object: JsonObject): number {
  const name = (object['metadata'] as JsonObject)['name'] as string;
  topology.put(kind, `shop/${name}`, { object, writes: [] });
  return topology.view.revision?.() ?? NaN;
}
const ownersOf = (topology: Topology): string =>
  JSON.stringify(
    (
      [
        ['Pod', 'web-5d9c7b8f4-x2x4z'],
        ['Pod', 'db-0'],
        ['PersistentVolumeClaim', 'data-db-0'],
        ['HorizontalPodAutoscaler', 'web'],
      ] as const
    ).map(([kind, name]) => topology.view.ownerOf(kind, 'shop', name)),
  );

test('the revision moves with every change of who owns what, and not with what else happens to an object', () => {
  const topology = createTopology('c');
  const pod = (phase: string, owners: JsonObject[]): JsonObject =>
    objectOf('Pod', 'web-5d9c7b8f4-x2x4z', { status: { phase } }, owners);
  const scales = (kind: string, name: string): JsonObject => ({ spec: { scaleTargetRef: { kind, name } } });
  const claims = { spec: { volumeClaimTemplates: [{ metadata: { name: 'data' } }] } };
  const web = [owner('ReplicaSet', 'web-5d9c7b8f4')];
  const steps: readonly (readonly [KnownKind, JsonObject])[] = [
    ['Pod', pod('Pending', web)],
    ['Deployment', objectOf('Deployment', 'web')],
    ['ReplicaSet', objectOf('ReplicaSet', 'web-5d9c7b8f4', {}, [owner('Deployment', 'web')])],
    ['Pod', pod('Pending', [])],
    ['HorizontalPodAutoscaler', objectOf('HorizontalPodAutoscaler', 'web', scales('Deployment', 'web'))],
    ['StatefulSet', objectOf('StatefulSet', 'db')],
    ['HorizontalPodAutoscaler', objectOf('HorizontalPodAutoscaler', 'web', scales('StatefulSet', 'db'))],
    ['PersistentVolumeClaim', objectOf('PersistentVolumeClaim', 'data-db-0')],
    ['StatefulSet', objectOf('StatefulSet', 'db', claims)],
    ['Pod', pod('Pending', web)],
  ];
  let [before, seen, changes] = [ownersOf(topology), topology.view.revision?.(), 0];
  for (const [kind, object] of steps) {
    const revision = put(topology, kind, object);
    const owners = ownersOf(topology);
    if (owners !== before) {
      expect(revision).not.toBe(seen);
      changes += 1;
    }
    [before, seen] = [owners, revision];
  }
  expect(changes).toBeGreaterThanOrEqual(7);
  expect(put(topology, 'Pod', pod('Running', web))).toBe(seen);
  expect(put(topology, 'Event', objectOf('Event', 'pulled'))).toBe(seen);
  topology.drop('Deployment', 'shop/web');
  expect(ownersOf(topology)).not.toBe(before);
  expect(topology.view.revision?.()).not.toBe(seen);
});
