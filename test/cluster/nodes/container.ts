import type { EventNote } from '../client/index.ts';
import type { ContainerState, KubeObject, Runtime, StartProblem } from '../runtime.ts';
import { createProbes, judgeProbes, type Probes } from './probes.ts';

/** How a run of a container ended. */
export interface Ended {
  readonly exitCode: number;
  readonly reason: string;
  readonly message?: string;
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** What the kubelet knows about one container. The kubelet owns and changes it. */
export interface Container {
  readonly name: string;
  readonly init: boolean;
  phase: 'Waiting' | 'Starting' | 'Running' | 'Terminated';
  waiting: StartProblem;
  /** When a waiting, starting or terminated container is to be looked at again. */
  nextAt: number;
  startedAt: number;
  /** Starts so far. */
  starts: number;
  /** Seconds that the next restart, the next pull waits. */
  crashBackoff: number;
  pullBackoff: number;
  retryPullAt: number;
  ready: boolean;
  ended?: Ended;
  probes: Probes;
}

/** All that a decision about a container depends on. */
export interface Situation {
  readonly pod: KubeObject;
  /** The container in the pod's spec. */
  readonly spec: KubeObject;
  readonly runtime: Runtime;
  readonly now: number;
  /** Seconds that pulling the image takes; 0 = it is on the node. */
  readonly pullSeconds: number;
}

type Note = Omit<EventNote, 'about'> & { readonly onNode?: true };

const creating: StartProblem = { reason: 'ContainerCreating', message: '' };

/** The kubelet's own numbers: crash and pull back-off, how soon it looks at a config error again. */
const backoffSeconds = { first: 10, last: 300, resetAfter: 600 };
const configRetrySeconds = 10;
const initRunSeconds = 1;

export function createContainer(spec: KubeObject, init: boolean, now: number): Container {
  return {
    name: spec['name'],
    init,
    phase: 'Waiting',
    waiting: creating,
    nextAt: now,
    startedAt: 0,
    starts: 0,
    crashBackoff: 0,
    pullBackoff: 0,
    retryPullAt: 0,
    ready: false,
    probes: createProbes(),
  };
}

const fieldPathOf = (container: Container): string =>
  `spec.${container.init ? 'initContainers' : 'containers'}{${container.name}}`;

const isPullProblem = (reason: string): boolean => /Image|Registry/.test(reason);

const grown = (seconds: number): number => Math.min(backoffSeconds.last, Math.max(backoffSeconds.first, seconds * 2));

/** Tries to start a container that waits; `problem` is what keeps it from starting. */
export function tryStart(container: Container, at: Situation, problem: StartProblem | undefined): Note[] {
  const { now } = at;
  if (problem)
    return isPullProblem(problem.reason) ? failPull(container, at, problem) : failConfig(container, at, problem);
  container.pullBackoff = 0;
  container.phase = 'Starting';
  if (container.waiting.reason !== 'CrashLoopBackOff') container.waiting = creating;
  container.nextAt = now + at.pullSeconds;
  return at.pullSeconds > 0 ? [note(container, 'Normal', 'Pulling', `Pulling image "${at.spec['image']}"`)] : [];
}

/** ErrImagePull when a pull fails, ImagePullBackOff while the next one waits. */
function failPull(container: Container, at: Situation, problem: StartProblem): Note[] {
  const image = `"${at.spec['image']}"`;
  if (at.now < container.retryPullAt) {
    container.waiting = { reason: 'ImagePullBackOff', message: `Back-off pulling image ${image}` };
    container.nextAt = container.retryPullAt;
    return [
      note(container, 'Normal', 'BackOff', `Back-off pulling image ${image}`),
      note(container, 'Warning', 'Failed', 'Error: ImagePullBackOff'),
    ];
  }
  container.pullBackoff = grown(container.pullBackoff);
  container.retryPullAt = at.now + container.pullBackoff;
  container.waiting = problem;
  container.nextAt = at.now + 2;
  return [
    note(container, 'Normal', 'Pulling', `Pulling image ${image}`),
    note(container, 'Warning', 'Failed', `Failed to pull image ${image}: ${problem.message}`),
    note(container, 'Warning', 'Failed', `Error: ${problem.reason}`),
  ];
}

function failConfig(container: Container, at: Situation, problem: StartProblem): Note[] {
  container.waiting = problem;
  container.nextAt = at.now + configRetrySeconds;
  return [note(container, 'Warning', 'Failed', `Error: ${problem.message}`)];
}

/** The image is there: the container runs. */
export function run(container: Container, at: Situation): Note[] {
  const image = `"${at.spec['image']}"`;
  const took = `${at.pullSeconds.toFixed(3)}s`;
  const pulled =
    container.starts === 0 && at.pullSeconds > 0
      ? `Successfully pulled image ${image} in ${took} (${took} including waiting)`
      : `Container image ${image} already present on machine`;
  at.runtime.started(at.pod, container.name, container.starts, at.now);
  container.starts += 1;
  container.phase = 'Running';
  container.startedAt = at.now;
  container.probes = createProbes();
  container.ready = !at.spec['readinessProbe'] && !at.spec['startupProbe'];
  return [
    note(container, 'Normal', 'Pulled', pulled),
    note(container, 'Normal', 'Created', `Created container ${container.name}`),
    note(container, 'Normal', 'Started', `Started container ${container.name}`),
  ];
}

/** Looks at a running container: has it ended, is it ready, must it be restarted? undefined = nothing new. */
export function look(container: Container, at: Situation): Note[] | undefined {
  const state = stateOf(container, at);
  if (!state.running) return ended(container, at, state);
  if (container.init) return undefined;
  const verdict = judgeProbes(container.probes, at.spec, state, container.startedAt, at.now);
  const notes = verdict.failures.map((one) => note(container, 'Warning', 'Unhealthy', one));
  if (verdict.restart) return [...notes, ...killUnhealthy(container, at, verdict.restart)];
  const changed = verdict.ready !== container.ready;
  container.ready = verdict.ready;
  return changed || notes.length > 0 ? notes : undefined;
}

/** The model knows no init containers: they succeed after a moment unless it says that they failed. */
function stateOf(container: Container, at: Situation): ContainerState {
  const state = at.runtime.state(at.pod, container.name, container.startedAt, at.now);
  const sidecar = at.spec['restartPolicy'] === 'Always';
  if (!container.init || sidecar || !state.running || at.now - container.startedAt < initRunSeconds) return state;
  return { running: false, exitCode: 0, reason: 'Completed' };
}

function ended(container: Container, at: Situation, state: Extract<ContainerState, { running: false }>): Note[] {
  const { exitCode, reason, message } = state;
  stop(container, at.now, { exitCode, reason, ...(message !== undefined && { message }) });
  if (reason !== 'OOMKilled') return [];
  const text = `Memory cgroup out of memory: Killed process (${container.name}) of pod ${at.pod['metadata'].namespace}/${at.pod['metadata'].name}`;
  return [{ type: 'Warning', reason: 'OOMKilling', message: text, onNode: true }];
}

function killUnhealthy(container: Container, at: Situation, probe: string): Note[] {
  stop(container, at.now, { exitCode: 137, reason: 'Error' });
  return [note(container, 'Normal', 'Killing', `Container ${container.name} failed ${probe} probe, will be restarted`)];
}

/** The container's run is over. */
export function stop(container: Container, now: number, how: Omit<Ended, 'startedAt' | 'finishedAt'>): void {
  if (now - container.startedAt >= backoffSeconds.resetAfter) container.crashBackoff = 0;
  container.ended = { ...how, startedAt: container.startedAt, finishedAt: now };
  container.phase = 'Terminated';
  container.ready = false;
  container.nextAt = now + 1;
}

/** Restarts a container that ended: at once the first time, then after 10 s, 20 s, … 300 s. */
export function restart(container: Container, at: Situation): Note[] {
  const wait = container.crashBackoff;
  const { namespace, name, uid } = at.pod['metadata'];
  container.crashBackoff = grown(wait);
  container.phase = 'Waiting';
  container.nextAt = Math.max(at.now, (container.ended?.finishedAt ?? at.now) + wait);
  container.waiting =
    wait === 0
      ? creating
      : {
          reason: 'CrashLoopBackOff',
          message: `back-off ${clockwise(wait)} restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`,
        };
  if (wait === 0) return [];
  const text = `Back-off restarting failed container ${container.name} in pod ${name}_${namespace}(${uid})`;
  return [note(container, 'Warning', 'BackOff', text)];
}

/** Go's way to print a duration: 10s, 1m20s, 5m0s. */
const clockwise = (seconds: number): string =>
  seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;

const note = (container: Container, type: Note['type'], reason: string, message: string): Note => ({
  type,
  reason,
  message,
  fieldPath: fieldPathOf(container),
});

export type { Note };
