import type { SimClock } from '../clock.ts';
import { ApiError, microTime, resourceOf, type Informers, type KubeClient, type Recorder } from '../client/index.ts';
import type { KubeObject, NodeHealth } from '../runtime.ts';
import { conditionEvent, nodeConditions, nodeFacts, nodeObject, type NodeSpec } from './node-object.ts';

export interface NodeAgent {
  readonly spec: NodeSpec;
  readonly index: number;
  /** The node as last seen or written. */
  object(): KubeObject;
  register(): Promise<void>;
  /** Lease and, when it changed or is due, status. */
  beat(health: NodeHealth): Promise<void>;
}

/** The kubelet's defaults: the status is reported when it changes, else each five minutes. */
const statusSeconds = 300;
const leaseNamespace = 'kube-node-lease';
const leaseDurationSeconds = 40;

export function createNodeAgent(options: {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly clock: SimClock;
  readonly recorder: Recorder;
  readonly spec: NodeSpec;
  readonly index: number;
}): NodeAgent {
  const { client, informers, clock, recorder, spec, index } = options;
  const ref = { name: spec.name };
  const facts = nodeFacts(spec, index);
  let reportedAt = -Infinity;
  let reported = '';

  const object = (): KubeObject => informers.of('Node').get(spec.name) ?? nodeObject(spec, index);

  async function register(): Promise<void> {
    if (!(await client.get(resourceOf('Node'), ref))) await client.create(resourceOf('Node'), nodeObject(spec, index));
    await record('Normal', 'Starting', 'Starting kubelet.');
  }

  const record = (type: 'Normal' | 'Warning', reason: string, message: string): Promise<void> =>
    recorder.record({ about: { ...object(), apiVersion: 'v1', kind: 'Node' }, type, reason, message });

  async function renewLease(): Promise<void> {
    const renewTime = microTime(clock.now());
    const lease = { namespace: leaseNamespace, name: spec.name };
    try {
      await client.patch(resourceOf('Lease'), lease, 'merge-patch', { spec: { renewTime } });
    } catch (error) {
      if (!ApiError.is(error, 404)) throw error;
      await client.create(resourceOf('Lease'), {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: lease,
        spec: { holderIdentity: spec.name, leaseDurationSeconds, renewTime },
      });
    }
  }

  /** A node that was deleted registers itself again, as a kubelet does when it restarts. */
  async function report(health: NodeHealth): Promise<void> {
    const before = (object()['status']?.conditions ?? []) as KubeObject[];
    const conditions = nodeConditions(health, before, clock.now());
    try {
      await client.patch(resourceOf('Node'), { ...ref, subresource: 'status' }, 'strategic-merge-patch', {
        status: { ...facts, conditions },
      });
    } catch (error) {
      if (!ApiError.is(error, 404)) throw error;
      return register();
    }
    reportedAt = clock.now();
    reported = JSON.stringify(health);
    for (const condition of conditions) await tellTurn(condition, before);
  }

  async function tellTurn(condition: KubeObject, before: readonly KubeObject[]): Promise<void> {
    const previous = before.find((one) => one['type'] === condition['type']);
    if (previous?.['status'] === condition['status'] || (!previous && condition['type'] === 'NetworkUnavailable'))
      return;
    const { reason, warning } = conditionEvent(condition);
    await record(warning ? 'Warning' : 'Normal', reason, `Node ${spec.name} status is now: ${reason}`);
  }

  /** Somebody else (the node controller) wrote Unknown: say again what is. */
  const isContradicted = (health: NodeHealth): boolean => {
    const ready = ((object()['status']?.conditions ?? []) as KubeObject[]).find((one) => one['type'] === 'Ready');
    return ready !== undefined && ready['status'] !== health.ready;
  };

  return {
    spec,
    index,
    object,
    register,
    async beat(health) {
      await renewLease();
      const changed = JSON.stringify(health) !== reported || isContradicted(health);
      if (changed || clock.now() - reportedAt >= statusSeconds) await report(health);
    },
  };
}
