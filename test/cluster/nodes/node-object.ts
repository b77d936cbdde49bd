import { time } from '../client/index.ts';
import type { KubeObject, NodeHealth } from '../runtime.ts';

/** A node as the tests ask for it. */
export interface NodeSpec {
  readonly name: string;
  /** Cores and bytes. Defaults 4 and 16 GiB. */
  readonly cpu?: number;
  readonly memory?: number;
  readonly pods?: number;
  readonly ephemeralStorage?: number;
  readonly zone?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly KubeObject[];
}

/** `count` equal nodes over three zones: node-1, node-2, … */
export const nodeSpecs = (count: number): readonly NodeSpec[] =>
  Array.from({ length: count }, (_, index) => ({ name: `node-${index + 1}`, zone: `zone-${'abc'[index % 3]}` }));

export const nodeIp = (index: number): string => `192.168.${Math.floor(index / 250)}.${(index % 250) + 10}`;

export const podCidr = (index: number): string => `10.${244 + Math.floor(index / 256)}.${index % 256}`;

export function nodeObject(spec: NodeSpec, index: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: spec.name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': spec.name,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/region': 'region-1',
        'topology.kubernetes.io/zone': spec.zone ?? 'zone-a',
        ...spec.labels,
      },
    },
    spec: { podCIDR: `${podCidr(index)}.0/24`, ...(spec.taints && { taints: spec.taints }) },
  };
}

/** The part of a node's status that never changes. */
export function nodeFacts(spec: NodeSpec, index: number): KubeObject {
  const { cpu = 4, memory = 16 * 2 ** 30, pods = 110, ephemeralStorage = 100 * 2 ** 30 } = spec;
  const reserved = { cpu: Math.round(cpu * 1000 - 100), memory: Math.floor(memory / 1024) - 512 * 1024 };
  const other = { 'ephemeral-storage': `${Math.floor(ephemeralStorage / 1024)}Ki`, pods: String(pods) };
  return {
    capacity: { cpu: String(cpu), memory: `${Math.floor(memory / 1024)}Ki`, ...other },
    allocatable: { cpu: `${reserved.cpu}m`, memory: `${reserved.memory}Ki`, ...other },
    addresses: [
      { type: 'InternalIP', address: nodeIp(index) },
      { type: 'Hostname', address: spec.name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      machineID: spec.name,
      systemUUID: spec.name,
      bootID: spec.name,
      kernelVersion: '6.12.0',
      osImage: 'Simulated Linux',
      containerRuntimeVersion: 'containerd://2.1.0',
      kubeletVersion: 'v1.36.0',
      kubeProxyVersion: 'v1.36.0',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
  };
}

/** Reason and message of each pressure condition: when it is so, when it is not. */
const pressures = {
  memoryPressure: {
    type: 'MemoryPressure',
    bad: ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
    good: ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  },
  diskPressure: {
    type: 'DiskPressure',
    bad: ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
    good: ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  },
  pidPressure: {
    type: 'PIDPressure',
    bad: ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
    good: ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  },
} as const;

const network = {
  bad: ['NetworkPluginNotReady', 'the network plugin is not ready'],
  good: ['RouteCreated', 'routes are set up'],
} as const;

const readiness = {
  bad: ['KubeletNotReady', 'container runtime is down'],
  good: ['KubeletReady', 'kubelet is posting ready status'],
} as const;

interface Verdict {
  readonly type: string;
  readonly status: boolean;
  readonly why: readonly [reason: string, message: string];
}

const verdictsOf = (health: NodeHealth): readonly Verdict[] => [
  ...Object.entries(pressures).map(([field, { type, bad, good }]) => {
    const status = health[field as keyof typeof pressures];
    return { type, status, why: status ? bad : good };
  }),
  {
    type: 'NetworkUnavailable',
    status: health.networkUnavailable,
    why: health.networkUnavailable ? network.bad : network.good,
  },
  { type: 'Ready', status: health.ready === 'True', why: health.ready === 'True' ? readiness.good : readiness.bad },
];

/** Node conditions of a health, transition times kept where nothing changed. */
export function nodeConditions(health: NodeHealth, before: readonly KubeObject[], now: number): KubeObject[] {
  return verdictsOf(health).map(({ type, status, why: [reason, message] }) => {
    const previous = before.find((one) => one['type'] === type);
    const text = status ? 'True' : 'False';
    const since = previous?.['status'] === text ? previous['lastTransitionTime'] : time(now);
    return { type, status: text, reason, message, lastHeartbeatTime: time(now), lastTransitionTime: since };
  });
}

/** What the kubelet says on its node when a condition turns. */
export function conditionEvent(condition: KubeObject): { readonly reason: string; readonly warning: boolean } {
  const bad = condition['status'] !== (condition['type'] === 'Ready' ? 'True' : 'False');
  const reason =
    condition['type'] === 'Ready'
      ? bad
        ? 'NodeNotReady'
        : 'NodeReady'
      : String(condition['reason']).replace('Kubelet', 'Node');
  return { reason, warning: bad };
}
