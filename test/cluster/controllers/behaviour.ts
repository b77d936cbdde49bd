import { expect, it } from 'vitest';
import type { SimClock } from '../clock.ts';
import { nodeSpecs, type NodeSpec } from '../nodes/index.ts';
import { ApiError, resourceOf, type Informers, type KubeClient, type Resource } from '../client/index.ts';
import type { ContainerState, KubeObject, NodeHealth, Runtime } from '../runtime.ts';
import { steadyRuntime } from '../runtime.ts';

/** A cluster with nodes of ours, whoever's control plane it is. */
export interface Site {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly clock: SimClock;
  readonly script: Script;
  /** What the server calls PodDisruptionBudgets. */
  readonly budgets: Resource;
}

/** A runtime that does what a test tells it, by the pod's label `app` and by the node's name. */
export interface Script extends Runtime {
  readonly states: Map<string, (startedAt: number, now: number) => ContainerState>;
  readonly missingImages: Set<string>;
  readonly nodes: Map<string, Partial<NodeHealth>>;
  readonly stuck: Set<string>;
}

export function createScript(): Script {
  const states: Script['states'] = new Map();
  const [missingImages, stuck] = [new Set<string>(), new Set<string>()];
  const nodes: Script['nodes'] = new Map();
  const app = (pod: KubeObject): string => String(pod['metadata'].labels?.app ?? '');
  const imageOf = (pod: KubeObject): string => String(pod['spec'].containers[0].image);
  return {
    ...steadyRuntime,
    states,
    missingImages,
    nodes,
    stuck,
    startProblem: (pod) =>
      missingImages.has(imageOf(pod)) ? { reason: 'ErrImagePull', message: `${imageOf(pod)}: not found` } : undefined,
    state: (pod, container, startedAt, now) =>
      states.get(app(pod))?.(startedAt, now) ?? steadyRuntime.state(pod, container, startedAt, now),
    mayEnd: (pod) => !stuck.has(app(pod)),
    health: (node, now) => ({ ...steadyRuntime.health(node, now), ...nodes.get(node) }),
  };
}

/** Nobody's pods but those that ask for it: a node to freeze. */
const spareNode: NodeSpec = {
  name: 'node-4',
  labels: { spare: 'yes' },
  taints: [{ key: 'spare', value: 'yes', effect: 'NoSchedule' }],
};

/** The nodes that a site has to have. */
export const siteNodes: readonly NodeSpec[] = [...nodeSpecs(3), spareNode];

export const namespace = 'default';

export const named = (apiVersion: string, kind: string, name: string, spec: KubeObject): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace },
  spec,
});

export const claimed = (name: string, storage: string): KubeObject =>
  named('v1', 'PersistentVolumeClaim', name, {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage } },
  });

export const template = (app: string, more: KubeObject = {}, container: KubeObject = {}): KubeObject => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'main', image: 'registry.example/app:1', ...container }], ...more },
});

export const deployment = (app: string, replicas: number, pod = template(app), spec: KubeObject = {}): KubeObject =>
  named('apps/v1', 'Deployment', app, { replicas, selector: { matchLabels: { app } }, template: pod, ...spec });

/** The shorthand that tests of one site work with. */
export function toolsOf(site: Site) {
  const { client, clock, informers } = site;
  const read = (kind: string, name: string): Promise<KubeObject | undefined> =>
    client.get(resourceOf(kind), { namespace, name });
  const podsOf = async (app: string): Promise<KubeObject[]> =>
    (await client.list(resourceOf('Pod'), { namespace, labelSelector: `app=${app}` })).items;
  /** The first truthy answer within so many cluster seconds; fails with what was last seen. */
  const until = async <T>(what: string, look: () => Promise<T | undefined | false>, seconds = 60): Promise<T> => {
    for (const end = clock.now() + seconds; ; await clock.sleep(0.5)) {
      const found = await look();
      if (found) return found;
      if (clock.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    }
  };
  const rolledOut = (name: string, seconds = 60): Promise<KubeObject> =>
    until(
      `${name} rolled out`,
      async () => {
        const one = await read('Deployment', name);
        const { observedGeneration, replicas = 0, updatedReplicas, availableReplicas } = one?.['status'] ?? {};
        const wanted = one?.['spec'].replicas;
        const done = replicas === wanted && updatedReplicas === wanted && availableReplicas === wanted;
        return observedGeneration === one?.['metadata'].generation && done ? one : undefined;
      },
      seconds,
    );
  const create = (object: KubeObject): Promise<KubeObject> => client.create(resourceOf(object['kind']), object);
  const patch = (kind: string, name: string, body: KubeObject): Promise<KubeObject> =>
    client.patch(resourceOf(kind), { namespace, name }, 'strategic-merge-patch', body);
  const setImage = (name: string, image: string): Promise<KubeObject> =>
    patch('Deployment', name, { spec: { template: { spec: { containers: [{ name: 'main', image }] } } } });
  const eventsOf = async (name: string): Promise<KubeObject[]> =>
    (await client.list(resourceOf('Event'), { namespace, fieldSelector: `involvedObject.name=${name}` })).items;
  const replicaSetsOf = async (app: string): Promise<KubeObject[]> =>
    (await client.list(resourceOf('ReplicaSet'), { namespace, labelSelector: `app=${app}` })).items;
  return { client, clock, informers, read, podsOf, until, rolledOut, create, patch, setImage, eventsOf, replicaSetsOf };
}

const revision = (object: KubeObject | undefined): string | undefined =>
  object?.['metadata'].annotations?.['deployment.kubernetes.io/revision'];
const isReady = (object: KubeObject): boolean =>
  (object['status']?.conditions as KubeObject[] | undefined)?.some(
    (one) => one['type'] === 'Ready' && one['status'] === 'True',
  ) === true;

/**
 * What workloads do on any Kubernetes whose nodes are ours. Run over the simulated control plane with our controllers,
 * and over a real one with its own. Each test has an `app` of its own and leaves nothing behind that others see, so
 * they run at the same time; those that wait longest come first.
 */
export function behavesLikeKubernetes(at: () => Site): void {
  it.concurrent('finds a node whose kubelet is frozen, taints it, and moves its pods', async () => {
    const { create, rolledOut, client, podsOf, until, read } = toolsOf(at());
    const patience = ['not-ready', 'unreachable'].map((key) => ({
      key: `node.kubernetes.io/${key}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 5,
    }));
    // A node of its own, so that the others' pods are not hit; another one becomes its like later.
    const own = { tolerations: [...patience, { key: 'spare', operator: 'Exists' }], nodeSelector: { spare: 'yes' } };
    await create(deployment('moved', 1, template('moved', own)));
    await rolledOut('moved');
    const [pod] = await podsOf('moved');
    const node = pod?.['spec'].nodeName as string;
    expect(node).toBe(spareNode.name);
    at().script.nodes.set(node, { ready: 'Frozen' });
    const unknown = await until(
      'the node is Unknown',
      async () => {
        const one = await read('Node', node);
        return (
          one?.['status'].conditions.some(
            (each: KubeObject) => each['type'] === 'Ready' && each['status'] === 'Unknown',
          ) && one
        );
      },
      90,
    );
    expect((unknown['status'].conditions as KubeObject[]).find((one) => one['type'] === 'Ready')?.['reason']).toBe(
      'NodeStatusUnknown',
    );
    await client.patch(resourceOf('Node'), { name: 'node-2' }, 'merge-patch', {
      metadata: { labels: { spare: 'yes' } },
    });
    const moved = await until(
      'its pod runs elsewhere',
      async () => (await podsOf('moved')).find((one) => isReady(one) && one['spec'].nodeName !== node),
      120,
    );
    expect(moved['metadata'].uid).not.toBe(pod?.['metadata'].uid);
    expect((await read('Node', node))?.['spec'].taints.map((one: KubeObject) => one['key'])).toContain(
      'node.kubernetes.io/unreachable',
    );
    at().script.nodes.delete(node);
    await until('the node is back', async () => isReady((await read('Node', node)) as KubeObject), 90);
    await until(
      'the old pod is gone',
      async () => !(await podsOf('moved')).some((one) => one['metadata'].uid === pod?.['metadata'].uid),
    );
  });

  it.concurrent('restarts a container that was OOM-killed: at once, then after 10 s, then after 20 s', async () => {
    const { create, podsOf, until, eventsOf, clock } = toolsOf(at());
    const starts: number[] = [];
    at().script.states.set('oom', (startedAt, now) => {
      if (starts.at(-1) !== startedAt) starts.push(startedAt);
      return now - startedAt < 3
        ? { running: true, ready: true, live: true }
        : { running: false, exitCode: 137, reason: 'OOMKilled' };
    });
    await create(deployment('oom', 1));
    const status = await until('it is in CrashLoopBackOff for the second time', async () => {
      const [pod] = await podsOf('oom');
      const container = pod?.['status'].containerStatuses?.[0];
      return container?.restartCount === 2 && container.state.waiting?.reason === 'CrashLoopBackOff' && container;
    });
    expect(status.lastState.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
    expect(status.state.waiting.message).toMatch(/^back-off 20s restarting failed container=main pod=oom-/);
    await until('it was started for the fourth time', async () => starts.length === 4);
    const gaps = starts.slice(1).map((at, index) => at - (starts[index] as number) - 3);
    for (const [index, [low, high]] of [
      [0, 4],
      [9, 14],
      [19, 24],
    ].entries()) {
      expect(gaps[index]).toBeGreaterThanOrEqual(low as number);
      expect(gaps[index]).toBeLessThanOrEqual(high as number);
    }
    const [pod] = await podsOf('oom');
    const events = await eventsOf(pod?.['metadata'].name);
    expect(events.find((one) => one['reason'] === 'BackOff')).toMatchObject({ type: 'Warning' });
    expect(events.find((one) => one['reason'] === 'Started')?.['count']).toBeGreaterThan(1);
    const onNode = await eventsOf(pod?.['spec'].nodeName);
    expect(onNode.map((one) => one['reason'])).toContain('OOMKilling');
    await until('the clock goes on', async () => clock.now() > 0);
    await at().client.remove(resourceOf('Deployment'), { namespace, name: 'oom' });
  });

  it.concurrent('rolls a deployment out without falling below what must be available', async () => {
    const { create, rolledOut, setImage, podsOf, informers, replicaSetsOf } = toolsOf(at());
    await create(deployment('rollout', 3));
    await rolledOut('rollout');
    let fewest = Infinity;
    informers.of('Pod').on(() => {
      const ready = informers
        .of('Pod')
        .list(namespace)
        .filter(
          (one) => one['metadata'].labels?.app === 'rollout' && isReady(one) && !one['metadata'].deletionTimestamp,
        );
      fewest = Math.min(fewest, ready.length);
    });
    fewest = Infinity;
    await setImage('rollout', 'registry.example/app:2');
    const done = await rolledOut('rollout');
    expect(fewest).toBe(3);
    expect(revision(done)).toBe('2');
    expect(
      (await podsOf('rollout'))
        .filter((one) => !one['metadata'].deletionTimestamp)
        .map((one) => one['spec'].containers[0].image),
    ).toEqual(Array(3).fill('registry.example/app:2'));
    expect((await replicaSetsOf('rollout')).map((one) => one['spec'].replicas).sort()).toEqual([0, 3]);
  });

  it.concurrent('rolls back by reusing the old ReplicaSet, with a new revision', async () => {
    const { create, rolledOut, setImage, read, until, eventsOf, podsOf, replicaSetsOf } = toolsOf(at());
    await create(deployment('rollback', 2));
    const first = revision(await rolledOut('rollback'));
    at().script.missingImages.add('registry.example/app:bad');
    await setImage('rollback', 'registry.example/app:bad');
    const broken = await until('a pod waits for its image', async () =>
      (await podsOf('rollback')).find(
        (one) => one['status'].containerStatuses?.[0]?.state.waiting?.reason === 'ImagePullBackOff',
      ),
    );
    expect((await read('Deployment', 'rollback'))?.['status'].availableReplicas).toBe(2);
    const events = await eventsOf(broken['metadata'].name);
    expect(events.map((one) => one['reason'])).toEqual(expect.arrayContaining(['Pulling', 'Failed', 'BackOff']));
    await setImage('rollback', 'registry.example/app:1');
    const done = await rolledOut('rollback');
    expect([first, revision(done)]).toEqual(['1', '3']);
    const sets = await replicaSetsOf('rollback');
    expect(sets).toHaveLength(2);
    const current = sets.find((one) => one['spec'].replicas === 2);
    expect(current?.['metadata'].annotations['deployment.kubernetes.io/revision-history']).toBe('1');
  });

  it.concurrent('scales up and down', async () => {
    const { create, rolledOut, patch, podsOf, until } = toolsOf(at());
    await create(deployment('scaled', 1));
    await rolledOut('scaled');
    await patch('Deployment', 'scaled', { spec: { replicas: 4 } });
    await rolledOut('scaled');
    expect(await podsOf('scaled')).toHaveLength(4);
    await patch('Deployment', 'scaled', { spec: { replicas: 1 } });
    await until('one pod left', async () => (await podsOf('scaled')).length === 1);
  });

  it.concurrent('lets a drain take only as many pods as the disruption budget allows', async () => {
    const { create, rolledOut, client, podsOf, until } = toolsOf(at());
    const { budgets } = at();
    await create(deployment('drained', 3));
    await rolledOut('drained');
    await client.create(budgets, {
      apiVersion: budgets.apiVersion,
      kind: budgets.kind,
      metadata: { name: 'drained', namespace },
      spec: { minAvailable: 2, selector: { matchLabels: { app: 'drained' } } },
    });
    await until(
      'the budget knows its pods',
      async () => (await client.get(budgets, { namespace, name: 'drained' }))?.['status']?.disruptionsAllowed === 1,
    );
    const [a, b] = await podsOf('drained');
    expect(await client.evict(namespace, a?.['metadata'].name, a?.['metadata'].uid)).toBe(true);
    expect(await client.evict(namespace, b?.['metadata'].name, b?.['metadata'].uid)).toBe(false);
    await until(
      'the budget allows one again',
      async () => (await client.get(budgets, { namespace, name: 'drained' }))?.['status'].disruptionsAllowed === 1,
    );
    expect(await client.evict(namespace, b?.['metadata'].name, b?.['metadata'].uid)).toBe(true);
    await rolledOut('drained');
  });

  it.concurrent('puts no pod on a cordoned node, and says why a pod finds no place', async () => {
    const { create, client, rolledOut, podsOf, informers, until, read } = toolsOf(at());
    const nodes = informers
      .of('Node')
      .list()
      .map((one) => one['metadata'].name as string);
    const cordon = (name: string, unschedulable: boolean): Promise<KubeObject> =>
      client.patch(resourceOf('Node'), { name }, 'strategic-merge-patch', { spec: { unschedulable } });
    await cordon(nodes[0] as string, true);
    await create(deployment('cordoned', 4));
    await rolledOut('cordoned');
    expect((await podsOf('cordoned')).map((one) => one['spec'].nodeName)).not.toContain(nodes[0]);
    const tainted = (await read('Node', nodes[0] as string))?.['spec'].taints as KubeObject[] | undefined;
    expect(tainted?.map((one) => one['key'])).toContain('node.kubernetes.io/unschedulable');
    await create(deployment('too-big', 1, template('too-big', {}, { resources: { requests: { cpu: '100' } } })));
    const [pod] = await until('it is unschedulable', async () => {
      const pods = await podsOf('too-big');
      return pods[0]?.['status'].conditions?.some((one: KubeObject) => one['reason'] === 'Unschedulable') && pods;
    });
    const message = (pod?.['status'].conditions as KubeObject[]).find((one) => one['reason'] === 'Unschedulable')?.[
      'message'
    ];
    expect(message).toMatch(new RegExp(`^0/${nodes.length} nodes are available: .*2 Insufficient cpu`));
    await cordon(nodes[0] as string, false);
  });

  it.concurrent('collects what a deleted deployment owned', async () => {
    const { create, rolledOut, client, podsOf, replicaSetsOf, until } = toolsOf(at());
    await create(deployment('collected', 2));
    await rolledOut('collected');
    await client.remove(
      resourceOf('Deployment'),
      { namespace, name: 'collected' },
      { propagationPolicy: 'Background' },
    );
    await until(
      'nothing is left',
      async () => (await podsOf('collected')).length + (await replicaSetsOf('collected')).length === 0,
    );
  });

  it.concurrent('lets go of a pod that loses its label, and replaces it', async () => {
    const { create, rolledOut, client, podsOf, until } = toolsOf(at());
    await create(deployment('quarantined', 2));
    await rolledOut('quarantined');
    const [pod] = await podsOf('quarantined');
    const name = pod?.['metadata'].name as string;
    await client.patch(resourceOf('Pod'), { namespace, name }, 'merge-patch', { metadata: { labels: { app: null } } });
    await until('there are two pods again', async () => (await podsOf('quarantined')).filter(isReady).length === 2);
    const loose = await client.get(resourceOf('Pod'), { namespace, name });
    expect(loose?.['metadata'].uid).toBe(pod?.['metadata'].uid);
    expect(loose?.['metadata'].ownerReferences).toBeUndefined();
    await client.remove(resourceOf('Pod'), { namespace, name });
  });

  it.concurrent('keeps a pod that will not end in Terminating, until it may', async () => {
    const { create, rolledOut, client, podsOf, until, clock, eventsOf } = toolsOf(at());
    await create(deployment('stuck', 1, template('stuck', { terminationGracePeriodSeconds: 1 })));
    await rolledOut('stuck');
    at().script.stuck.add('stuck');
    const [pod] = await podsOf('stuck');
    const { name, uid } = pod?.['metadata'] as { name: string; uid: string };
    await client.remove(resourceOf('Pod'), { namespace, name }, { uid });
    await clock.sleep(5);
    expect((await client.get(resourceOf('Pod'), { namespace, name }))?.['metadata'].deletionTimestamp).toBeDefined();
    expect((await eventsOf(name)).map((one) => one['reason'])).toContain('Killing');
    at().script.stuck.delete('stuck');
    await until('it is gone', async () => (await client.get(resourceOf('Pod'), { namespace, name })) === undefined);
  });

  it.concurrent('answers a stale write with a conflict', async () => {
    const { create, client } = toolsOf(at());
    const first = await create(deployment('stale', 0));
    await client
      .replace(resourceOf('Deployment'), { ...first, spec: { ...first['spec'], replicas: 1 } })
      .catch(() => undefined);
    const again = client.replace(resourceOf('Deployment'), { ...first, spec: { ...first['spec'], replicas: 2 } });
    await expect(again).rejects.toSatisfy((error) => ApiError.is(error, 409) && error.reason === 'Conflict');
  });
}
