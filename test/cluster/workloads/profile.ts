/** What a workload is in the shop, whatever it is called. */
export type Role = string;

/** One kind of call that a request makes to another role. */
export interface Call {
  readonly to: Role;
  /** Calls per request served. */
  readonly each: number;
  /** Does the request fail when this call fails? */
  readonly critical: boolean;
}

/** How a workload turns load into work. Per pod unless said otherwise. */
export interface Physics {
  /** Requests per second that come from outside, for the whole workload, in the mean. */
  readonly edge: number;
  /** Core-seconds per request. */
  readonly cpuPerRequest: number;
  /** Cores without load. */
  readonly cpuIdle: number;
  /** Bytes without load, once warm. */
  readonly memoryBase: number;
  /** Bytes per request per second. */
  readonly memoryPerRate: number;
  /** Seconds that a request takes without contention, calls not counted. */
  readonly latency: number;
  /** Requests that can be in flight. */
  readonly workers: number;
  /** Seconds from start to ready. */
  readonly warmUp: number;
}

export interface Volume {
  readonly size: number;
  /** Share used when the history ends. */
  readonly used: number;
  /** Bytes per day. */
  readonly growth: number;
}

export interface Profile {
  readonly role: Role;
  readonly name: string;
  readonly namespace: string;
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'CronJob';
  readonly replicas: number;
  readonly repository: string;
  readonly version: string;
  readonly port: number;
  readonly http: boolean;
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly cpu?: string; readonly memory?: string };
  readonly env: Readonly<Record<string, string>>;
  readonly calls: readonly Call[];
  readonly physics: Physics;
  readonly volume?: Volume;
  readonly autoscale?: { readonly min: number; readonly max: number; readonly cpuPercent: number };
  /** minAvailable of its PodDisruptionBudget. */
  readonly disruption?: number;
  /** Members that must be ready for it to serve. */
  readonly quorum?: number;
  /** Takes from the queue of this role, at most this many messages per second and pod. */
  readonly consumes?: { readonly queue: Role; readonly perPod: number };
  readonly schedule?: string;
  /** Seconds that one run of the job takes. */
  readonly runs?: number;
  /** The Secret whose `password` it reads at start. */
  readonly secret?: string;
  readonly pullSecret?: string;
  /** The Secret with the certificate that it serves. */
  readonly certificate?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly priorityClass?: string;
}

export const MiB = 2 ** 20;
export const GiB = 2 ** 30;
