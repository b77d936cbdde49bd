import { collectionPath, resourceOf, time, withQuery } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { withCondition, writeStatus, type Condition } from './conditions.ts';
import { itself, startController, type Controller, type ControllerContext, type Desk } from './controller.ts';
import { isActive, isReady } from './pods.ts';
import { quantity } from '../quantity.ts';
import { limitScale, type Moment } from './scaling-rules.ts';
import { selects } from './selector.ts';

/** kube-controller-manager's defaults. */
const syncSeconds = 15;
const tolerance = 0.1;

interface Reading {
  readonly desired: number;
  /** cpu resource utilization (percentage of request) above target */
  readonly why: string;
  readonly current: KubeObject;
}

/** Horizontal autoscaling by cpu and memory, every 15 s. */
export function startAutoscaler(context: ControllerContext): Controller {
  const memory = new Map<string, Moment[]>();
  return startController(context, {
    name: 'horizontal-pod-autoscaler',
    component: 'horizontal-pod-autoscaler',
    rank: 35,
    watches: [
      // Its own status writes come back as changes; only a new spec makes it due at once.
      ['HorizontalPodAutoscaler', (hpa, _desk, change) => (sameSpec(hpa, change.previous) ? [] : itself(hpa))],
      ['Pod', () => []],
    ],
    async reconcile(key, desk) {
      const hpa = desk.of('HorizontalPodAutoscaler').get(key);
      if (!hpa) return void memory.delete(key);
      const past = memory.get(key) ?? [];
      memory.set(key, past);
      await sync(desk, hpa, past);
      return syncSeconds;
    },
  });
}

const sameSpec = (hpa: KubeObject, previous: KubeObject | undefined): boolean =>
  previous !== undefined && JSON.stringify(previous['spec']) === JSON.stringify(hpa['spec']);

async function sync(desk: Desk, hpa: KubeObject, past: Moment[]): Promise<void> {
  const { namespace } = hpa['metadata'];
  const target = hpa['spec'].scaleTargetRef as KubeObject;
  const ref = { namespace, name: target['name'], subresource: 'scale' };
  const scale = await desk.client.get(resourceOf(target['kind']), ref);
  if (!scale)
    return report(desk, hpa, 0, undefined, [
      {
        type: 'AbleToScale',
        status: 'False',
        reason: 'FailedGetScale',
        message: `the HPA controller was unable to get the target's current scale`,
      },
    ]);
  const current = Number(scale['spec']?.replicas ?? 0);
  if (current === 0) {
    return report(desk, hpa, 0, undefined, [
      {
        type: 'ScalingActive',
        status: 'False',
        reason: 'ScalingDisabled',
        message: 'scaling is disabled since the replica count of the target is zero',
      },
    ]);
  }
  const owner = desk.of(target['kind']).get(`${namespace}/${target['name']}`);
  const readings = await readAll(desk, hpa, owner, current);
  const best = [...readings].sort((a, b) => b.desired - a.desired)[0];
  if (!best) {
    const message = `the HPA was unable to compute the replica count: failed to get resource metrics`;
    await desk.recorder.record({ about: hpa, type: 'Warning', reason: 'FailedGetResourceMetric', message });
    const limited = clampOnly(hpa, current);
    if (limited !== current) await resize(desk, hpa, ref, limited, 'Current number of replicas outside the limits');
    return report(desk, hpa, current, undefined, [
      { type: 'ScalingActive', status: 'False', reason: 'FailedGetResourceMetric', message },
    ]);
  }
  const { replicas, condition } = limitScale(hpa['spec'], current, best.desired, past, desk.clock.now());
  if (replicas !== current) await resize(desk, hpa, ref, replicas, reasonFor(hpa, current, replicas, best));
  await report(desk, hpa, current, { replicas, readings, moved: replicas !== current }, [
    {
      type: 'AbleToScale',
      status: 'True',
      reason: 'ReadyForNewScale',
      message: 'recommended size matches current size',
    },
    {
      type: 'ScalingActive',
      status: 'True',
      reason: 'ValidMetricFound',
      message: `the HPA was able to successfully calculate a replica count from ${best.current['resource'].name} resource`,
    },
    condition,
  ]);
}

const clampOnly = (hpa: KubeObject, current: number): number =>
  Math.min(Number(hpa['spec'].maxReplicas), Math.max(Number(hpa['spec'].minReplicas ?? 1), current));

function reasonFor(hpa: KubeObject, current: number, replicas: number, best: Reading): string {
  if (current < Number(hpa['spec'].minReplicas ?? 1)) return 'Current number of replicas below Spec.MinReplicas';
  if (current > Number(hpa['spec'].maxReplicas)) return 'Current number of replicas above Spec.MaxReplicas';
  return replicas > current ? best.why : 'All metrics below target';
}

async function readAll(
  desk: Desk,
  hpa: KubeObject,
  owner: KubeObject | undefined,
  current: number,
): Promise<readonly Reading[]> {
  const wanted = (
    (hpa['spec'].metrics ?? [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
    ]) as KubeObject[]
  ).filter((one) => one['type'] === 'Resource');
  if (!owner || wanted.length === 0) return [];
  const { namespace } = hpa['metadata'];
  const pods = desk
    .of('Pod')
    .list(namespace)
    .filter((pod) => isActive(pod) && selects(owner['spec'].selector, pod['metadata'].labels));
  const labels = Object.entries((owner['spec'].selector.matchLabels ?? {}) as Record<string, string>).map(
    ([key, value]) => `${key}=${value}`,
  );
  const resource = { apiVersion: 'metrics.k8s.io/v1beta1', kind: 'PodMetrics', plural: 'pods', namespaced: true };
  const list = await desk.client.request(
    'GET',
    withQuery(collectionPath(resource, namespace), { labelSelector: labels.join(',') }),
  );
  return wanted.flatMap((one) => read(one['resource'], pods, list['items'], current) ?? []);
}

/** The replica calculator: usage over target among ready pods; pods that are not ready count for nothing. */
function read(
  metric: KubeObject,
  pods: readonly KubeObject[],
  usages: readonly KubeObject[],
  current: number,
): Reading | undefined {
  const name = metric['name'] as string;
  const { averageUtilization, averageValue } = metric['target'] as Record<string, number | string | undefined>;
  const known = pods.filter(isReady).flatMap((pod) => {
    const usage = usages.find((one) => one['metadata'].name === pod['metadata'].name);
    return usage
      ? [
          {
            used: sum(usage['containers'], (one) => one['usage'][name]),
            asked: sum(pod['spec'].containers, (one) => one['resources']?.requests?.[name]),
          },
        ]
      : [];
  });
  const used = known.reduce((all, one) => all + one.used, 0);
  const asked = known.reduce((all, one) => all + one.asked, 0);
  if (known.length === 0 || (averageUtilization !== undefined && asked === 0)) return undefined;
  const average = used / known.length;
  const ratio =
    averageUtilization !== undefined
      ? (used / asked) * (100 / Number(averageUtilization))
      : average / quantity(averageValue);
  const desired = Math.abs(ratio - 1) <= tolerance ? current : Math.ceil(ratio * known.length);
  const shown = name === 'cpu' ? `${Math.round(average * 1000)}m` : String(Math.round(average));
  return {
    desired,
    why: `${name} resource utilization (percentage of request) above target`,
    current: {
      type: 'Resource',
      resource: {
        name,
        current: {
          averageValue: shown,
          ...(averageUtilization !== undefined && { averageUtilization: Math.round((used / asked) * 100) }),
        },
      },
    },
  };
}

const sum = (items: readonly KubeObject[], of: (one: KubeObject) => string | undefined): number =>
  items.reduce((all, one) => all + quantity(of(one) ?? 0), 0);

async function resize(desk: Desk, hpa: KubeObject, ref: KubeObject, replicas: number, why: string): Promise<void> {
  const target = hpa['spec'].scaleTargetRef as KubeObject;
  await desk.client.patch(resourceOf(target['kind']), ref as { name: string }, 'merge-patch', { spec: { replicas } });
  const message = `New size: ${replicas}; reason: ${why}`;
  await desk.recorder.record({ about: hpa, type: 'Normal', reason: 'SuccessfulRescale', message });
}

async function report(
  desk: Desk,
  hpa: KubeObject,
  current: number,
  result: { readonly replicas: number; readonly readings: readonly Reading[]; readonly moved: boolean } | undefined,
  conditions: readonly Condition[],
): Promise<void> {
  const now = desk.clock.now();
  const merged = conditions.reduce<KubeObject[]>(
    (all, one) => withCondition(all, one, now),
    hpa['status']?.conditions ?? [],
  );
  await writeStatus(desk.client, 'HorizontalPodAutoscaler', hpa, {
    currentReplicas: current,
    desiredReplicas: result?.replicas ?? current,
    currentMetrics: result ? result.readings.map((one) => one.current) : null,
    ...(result?.moved && { lastScaleTime: time(now) }),
    conditions: merged,
  });
}
