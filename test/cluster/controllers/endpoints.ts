import { covers, resourceOf } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { itself, startController, type Controller, type ControllerContext, type Desk } from './controller.ts';
import { ownerReference } from './owners.ts';
import { isFinished, isReady, isTerminating } from './pods.ts';
import { selectsPlain } from './selector.ts';

/** Endpoints and EndpointSlices of Services with a selector: the ready pods behind them. */
export const startEndpoints = (context: ControllerContext): Controller =>
  startController(context, {
    name: 'endpoints',
    component: 'endpoint-controller',
    rank: 60,
    watches: [
      ['Service', itself],
      ['Pod', servicesOf],
      ['Endpoints', () => []],
      ['EndpointSlice', () => []],
    ],
    reconcile,
  });

const servicesOf = (pod: KubeObject, desk: Desk): readonly string[] =>
  desk
    .of('Service')
    .list(pod['metadata'].namespace)
    .filter((one) => selectsPlain(one['spec'].selector, pod['metadata'].labels))
    .flatMap(itself);

interface Address {
  readonly pod: KubeObject;
  readonly ready: boolean;
}

async function reconcile(key: string, desk: Desk): Promise<undefined> {
  const service = desk.of('Service').get(key);
  if (!service?.['spec'].selector || service['spec'].type === 'ExternalName') return;
  const addresses = desk
    .of('Pod')
    .list(service['metadata'].namespace)
    .filter((pod) => selectsPlain(service['spec'].selector, pod['metadata'].labels))
    .filter((pod) => pod['status']?.podIP && !isFinished(pod) && !isTerminating(pod))
    .map((pod) => ({ pod, ready: isReady(pod) || service['spec'].publishNotReadyAddresses === true }));
  await writeEndpoints(desk, service, addresses);
  await writeSlice(desk, service, addresses);
}

const reference = (pod: KubeObject): KubeObject => ({
  kind: 'Pod',
  namespace: pod['metadata'].namespace,
  name: pod['metadata'].name,
  uid: pod['metadata'].uid,
});

/** A port by number, or by the name a container gave it. */
function portNumber(target: unknown, fallback: number, pod: KubeObject | undefined): number {
  if (typeof target === 'number') return target;
  if (typeof target !== 'string') return fallback;
  const ports = ((pod?.['spec'].containers ?? []) as KubeObject[]).flatMap(
    (one) => (one['ports'] ?? []) as KubeObject[],
  );
  return Number(ports.find((one) => one['name'] === target)?.['containerPort'] ?? fallback);
}

const portsOf = (service: KubeObject, addresses: readonly Address[]): KubeObject[] =>
  ((service['spec'].ports ?? []) as KubeObject[]).map((one) => ({
    ...(one['name'] && { name: one['name'] }),
    port: portNumber(one['targetPort'], one['port'], addresses[0]?.pod),
    protocol: one['protocol'] ?? 'TCP',
  }));

async function writeEndpoints(desk: Desk, service: KubeObject, addresses: readonly Address[]): Promise<void> {
  const list = (ready: boolean): KubeObject[] =>
    addresses
      .filter((one) => one.ready === ready)
      .map(({ pod }) => ({ ip: pod['status'].podIP, nodeName: pod['spec'].nodeName, targetRef: reference(pod) }));
  const [ready, notReady] = [list(true), list(false)];
  const subset = {
    ...(ready.length > 0 && { addresses: ready }),
    ...(notReady.length > 0 && { notReadyAddresses: notReady }),
    ports: portsOf(service, addresses),
  };
  await put(desk, 'Endpoints', {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      namespace: service['metadata'].namespace,
      name: service['metadata'].name,
      labels: service['metadata'].labels ?? {},
    },
    subsets: addresses.length > 0 ? [subset] : [],
  });
}

async function writeSlice(desk: Desk, service: KubeObject, addresses: readonly Address[]): Promise<void> {
  const { namespace, name } = service['metadata'];
  await put(desk, 'EndpointSlice', {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace,
      name: `${name}-slice`,
      labels: {
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
      ownerReferences: [ownerReference(service)],
    },
    addressType: 'IPv4',
    endpoints: addresses.map(({ pod, ready }) => ({
      addresses: [pod['status'].podIP],
      conditions: { ready, serving: ready, terminating: false },
      nodeName: pod['spec'].nodeName,
      targetRef: reference(pod),
    })),
    ports: portsOf(service, addresses),
  });
}

/** Creates the object, or replaces it when it says something else. */
async function put(desk: Desk, kind: string, object: KubeObject): Promise<void> {
  const { namespace, name } = object['metadata'];
  const before = desk.of(kind).get(`${namespace}/${name}`);
  if (!before) return void (await desk.client.create(resourceOf(kind), object));
  if (covers(before, { ...object, metadata: { labels: object['metadata'].labels } })) return;
  const { resourceVersion } = before['metadata'];
  await desk.client.replace(resourceOf(kind), {
    ...object,
    metadata: { ...before['metadata'], ...object['metadata'], resourceVersion },
  });
}
