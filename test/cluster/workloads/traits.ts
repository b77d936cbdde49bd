/** How a container can go wrong, whatever made it so: its image, its configuration or a fault. */
export interface Traits {
  readonly cpuFactor: number;
  /** Cores burnt without serving anything. */
  readonly cpuExtra: number;
  readonly latencyFactor: number;
  /** Seconds added to each request. */
  readonly latencyExtra: number;
  /** Share of requests that fail. */
  readonly errorShare: number;
  readonly memoryFactor: number;
  /** Bytes that are never given back, per second. */
  readonly leak: number;
  /** What a leak can hold on to at most, in bytes. */
  readonly leakCeiling: number;
  /** Requests in flight that never end, per second. */
  readonly stuckWorkers: number;
  /** Connections to its database that are never returned to the pool, per second. */
  readonly connectionLeak: number;
  /** Bytes of log on the node's disk, per second. */
  readonly logBytes: number;
  readonly crash?: { readonly after: number; readonly exitCode: number; readonly message: string } | undefined;
  readonly unready?: string | undefined;
  readonly dead?: string | undefined;
  /** Ignores SIGTERM and SIGKILL alike (a task in uninterruptible sleep). */
  readonly unkillable?: boolean | undefined;
}

export const wellBehaved: Traits = {
  cpuFactor: 1,
  cpuExtra: 0,
  latencyFactor: 1,
  latencyExtra: 0,
  errorShare: 0,
  memoryFactor: 1,
  leak: 0,
  leakCeiling: Infinity,
  stuckWorkers: 0,
  connectionLeak: 0,
  logBytes: 0,
};

/** Two troubles at once: factors multiply, amounts add up, the first crash wins. */
export function both(one: Traits, other: Partial<Traits>): Traits {
  return {
    cpuFactor: one.cpuFactor * (other.cpuFactor ?? 1),
    cpuExtra: one.cpuExtra + (other.cpuExtra ?? 0),
    latencyFactor: one.latencyFactor * (other.latencyFactor ?? 1),
    latencyExtra: one.latencyExtra + (other.latencyExtra ?? 0),
    errorShare: 1 - (1 - one.errorShare) * (1 - (other.errorShare ?? 0)),
    memoryFactor: one.memoryFactor * (other.memoryFactor ?? 1),
    leak: one.leak + (other.leak ?? 0),
    leakCeiling: Math.min(one.leakCeiling, other.leakCeiling ?? Infinity),
    stuckWorkers: one.stuckWorkers + (other.stuckWorkers ?? 0),
    connectionLeak: one.connectionLeak + (other.connectionLeak ?? 0),
    logBytes: one.logBytes + (other.logBytes ?? 0),
    crash: one.crash ?? other.crash,
    unready: one.unready ?? other.unready,
    dead: one.dead ?? other.dead,
    unkillable: one.unkillable ?? other.unkillable,
  };
}
