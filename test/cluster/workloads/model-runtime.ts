import type { ContainerState, KubeObject, Runtime, StartProblem } from '../runtime.ts';
import { troubleOf } from './circumstances.ts';
import { lowOnDisk, lowOnMemory } from './hosts.ts';
import { newLife, type Life } from './life.ts';
import type { PodView } from './pod-view.ts';
import type { World } from './world.ts';

/** Does the registry have this image, and does it let this pod pull it? Images of others are simply there. */
function pullProblem(world: World, view: PodView, pulled: ReadonlySet<string>): StartProblem | undefined {
  const { registry } = world.around;
  const { image } = view;
  if (pulled.has(`${view.node} ${image}`)) return undefined;
  const failed = (why: string): StartProblem => ({
    reason: 'ErrImagePull',
    message: `rpc error: code = Unknown desc = failed to pull and unpack image "${image}": ${why}`,
  });
  if (!registry.reachable) return failed('dial tcp: i/o timeout');
  if ([...registry.locks].some((lock) => lock(view))) return failed('unexpected status: 401 Unauthorized');
  const known = world.shop.profiles.some((one) => `${one.repository}:${one.version}` === image);
  const ours =
    world.shop.profiles.some((one) => image.startsWith(`${one.repository}:`)) || image.startsWith('registry.example/');
  if (ours && !known && !registry.releases.has(image)) return failed(`${image}: not found`);
  return undefined;
}

function secretProblem(world: World, view: PodView): StartProblem | undefined {
  const secret = view.profile?.secret;
  if (!secret || world.passwordOf(secret, view.namespace) !== '') return undefined;
  return { reason: 'CreateContainerConfigError', message: `secret "${secret}" not found` };
}

/** What its probes say. */
function probed(world: World, life: Life, now: number): ContainerState {
  const { profile } = life.view;
  const traits = world.traitsOf(life.view, now);
  const warm = now - life.startedAt >= (profile?.physics.warmUp ?? 0);
  const hangs = profile !== undefined && life.stuck > profile.physics.workers * 0.98;
  const live = traits.dead === undefined && !hangs;
  const message =
    traits.dead ??
    traits.unready ??
    (hangs ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)' : undefined);
  return {
    running: true,
    ready: live && warm && traits.unready === undefined,
    live,
    ...(message !== undefined && { message }),
  };
}

/** A job is done when its time is up. */
function finished(life: Life, now: number, factor: number): boolean {
  const runs = life.view.profile?.runs;
  return runs !== undefined && now - life.startedAt >= runs * factor;
}

/** The model behind the kubelet's questions. Only the first container of a pod does the work; the others idle. */
export function modelRuntime(world: World): Runtime {
  const pulled = new Set<string>();
  const lifeOf = (pod: KubeObject): Life | undefined => world.lives.get(pod['metadata'].uid);

  function state(pod: KubeObject, container: string, _startedAt: number, now: number): ContainerState {
    world.advance(now);
    const life = lifeOf(pod);
    if (!life || life.view.container !== container) return { running: true, ready: true, live: true };
    life.view = world.viewOf(pod);
    if (!life.ended && finished(life, now, world.traitsOf(life.view, now).latencyFactor))
      life.ended = { exitCode: 0, reason: 'Completed', message: '', at: now };
    if (!life.ended) return probed(world, life, now);
    const { exitCode, reason, message } = life.ended;
    return { running: false, exitCode, reason, message };
  }

  return {
    startProblem(pod, container, now) {
      world.advance(now);
      const view = world.viewOf(pod);
      if (view.container !== container) return undefined;
      // The agent itself runs in the node's own network.
      const ownNetwork = view.profile?.role !== 'cni-agent';
      if (ownNetwork && troubleOf(world.around, view.node).cniBroken && !lifeOf(pod))
        return {
          reason: 'FailedCreatePodSandBox',
          message: 'failed to setup network for sandbox: plugin type="cni" failed (add): connection refused',
        };
      return pullProblem(world, view, pulled) ?? secretProblem(world, view);
    },
    started(pod, container, attempt, now) {
      world.advance(now);
      const view = world.viewOf(pod);
      if (view.container !== container) return;
      pulled.add(`${view.node} ${view.image}`);
      const life = newLife(view, attempt, now, world.passwordOf(view.profile?.secret, view.namespace));
      life.logged = world.lives.get(view.uid)?.logged ?? 0;
      world.lives.set(view.uid, life);
    },
    state,
    forget: (pod) => void world.lives.delete(pod['metadata'].uid),
    mayEnd: (pod, now) => world.traitsOf(world.viewOf(pod), now).unkillable !== true,
    health(node, now) {
      world.advance(now);
      const host = world.hosts.get(node);
      const trouble = troubleOf(world.around, node);
      return {
        ready: trouble.cutOff ? 'Frozen' : trouble.ready,
        memoryPressure: host !== undefined && lowOnMemory(host),
        diskPressure: host !== undefined && lowOnDisk(host),
        pidPressure: false,
        networkUnavailable: trouble.cniBroken,
      };
    },
    usage(pod, container, now) {
      world.advance(now);
      const life = lifeOf(pod);
      if (!life || life.ended) return undefined;
      if (life.view.container !== container) return { cpu: 0.002, memory: 8 * 2 ** 20 };
      return { cpu: life.signals.cpu, memory: life.signals.memory };
    },
    logs: (pod, container, tailLines) => logsOf(lifeOf(pod), container, tailLines),
  };
}

function logsOf(life: Life | undefined, container: string, tailLines: number): string {
  if (!life || life.view.container !== container) return '';
  const lines = [`level=info msg="starting" image="${life.view.image}" attempt=${life.attempt}`];
  if (life.ended) lines.push(`level=fatal msg=${JSON.stringify(life.ended.message)} exit=${life.ended.exitCode}`);
  else
    lines.push(
      `level=info msg="serving" rate=${life.signals.rate.toFixed(1)} errors=${life.signals.errors.toFixed(2)}`,
    );
  return `${lines.slice(-tailLines).join('\n')}\n`;
}
