import type { ContainerState, KubeObject } from '../runtime.ts';

interface Probe {
  nextAt: number;
  failures: number;
  successes: number;
}

/** The counters of a container's three probes since it was started. */
export interface Probes {
  readonly startup: Probe;
  readonly readiness: Probe;
  readonly liveness: Probe;
  started: boolean;
  ready: boolean;
}

export interface ProbeVerdict {
  readonly ready: boolean;
  /** The probe because of which the container is to be restarted. */
  readonly restart?: 'liveness' | 'startup';
  /** Messages of `Unhealthy` events. */
  readonly failures: readonly string[];
}

const fresh = (): Probe => ({ nextAt: 0, failures: 0, successes: 0 });

export const createProbes = (): Probes => ({
  startup: fresh(),
  readiness: fresh(),
  liveness: fresh(),
  started: false,
  ready: false,
});

type Running = Extract<ContainerState, { running: true }>;

/** Runs the probes that are due. A container without a probe is as good as the probe's success, as in Kubernetes. */
export function judgeProbes(
  probes: Probes,
  spec: KubeObject,
  state: Running,
  startedAt: number,
  now: number,
): ProbeVerdict {
  const failures: string[] = [];
  const check = (kind: 'startup' | 'readiness' | 'liveness', good: boolean): Probe | undefined => {
    const probe = probes[kind];
    if (!isDue(probe, spec[`${kind}Probe`], startedAt, now)) return undefined;
    count(probe, good);
    if (!good) failures.push(failureMessage(kind, state, spec[`${kind}Probe`]));
    return probe;
  };

  if (spec['startupProbe'] && !probes.started) {
    const startup = check('startup', state.live);
    if (startup && startup.successes > 0) probes.started = true;
    if (startup && startup.failures >= threshold(spec['startupProbe']))
      return { ready: false, restart: 'startup', failures };
    if (!probes.started) return { ready: false, failures };
  }
  probes.started = true;
  const liveness = check('liveness', state.live);
  if (liveness && liveness.failures >= threshold(spec['livenessProbe'])) {
    return { ready: probes.ready, restart: 'liveness', failures };
  }
  const readiness = check('readiness', state.ready);
  if (!spec['readinessProbe']) probes.ready = true;
  else if (readiness && readiness.successes >= (spec['readinessProbe'].successThreshold ?? 1)) probes.ready = true;
  else if (readiness && readiness.failures >= threshold(spec['readinessProbe'])) probes.ready = false;
  return { ready: probes.ready, failures };
}

const threshold = (spec: KubeObject): number => Number(spec['failureThreshold'] ?? 3);

function isDue(probe: Probe, spec: KubeObject | undefined, startedAt: number, now: number): boolean {
  if (!spec || now < startedAt + Number(spec['initialDelaySeconds'] ?? 0) || now < probe.nextAt) return false;
  probe.nextAt = now + Number(spec['periodSeconds'] ?? 10);
  return true;
}

function count(probe: Probe, good: boolean): void {
  probe.successes = good ? probe.successes + 1 : 0;
  probe.failures = good ? 0 : probe.failures + 1;
}

function failureMessage(kind: string, state: Running, spec: KubeObject): string {
  const name = `${kind[0]?.toUpperCase()}${kind.slice(1)} probe failed`;
  return `${name}: ${state.message ?? (spec['exec'] ? 'command exited with 1' : 'HTTP probe failed with statuscode: 503')}`;
}
