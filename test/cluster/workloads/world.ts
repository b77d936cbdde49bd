import type { KubeObject } from '../runtime.ts';
import { calmCircumstances, troubleOf, type Circumstances } from './circumstances.ts';
import { picks, type ClusterView } from './cluster-view.ts';
import { certificateTraits } from './certificates.ts';
import { configurationTraits, maxConnectionsOf, poolOf } from './configuration.ts';
import { callersFirst, flow, type Actor, type Scene, type Service } from './flow.ts';
import { newHost, stepHost, type Host } from './hosts.ts';
import type { Life } from './life.ts';
import { wireOf } from './network.ts';
import { crowd, hashText, smoothNoise } from './noise.ts';
import { appLabel } from './manifests.ts';
import { podViews, type PodView } from './pod-view.ts';
import { isBlocked } from './policies.ts';
import { rootCommand } from './shell.ts';
import type { Profile, Role } from './profile.ts';
import { createDisks, Queues, type Disks } from './stores.ts';
import { accumulate } from './signals.ts';
import type { Shop } from './shop.ts';
import { both, wellBehaved, type Traits } from './traits.ts';

/** Seconds of one step of the model. */
export const step = 5;

/** The shop at work: what runs, how it is doing, and what has been made of it. */
export interface World {
  readonly shop: Shop;
  readonly around: Circumstances;
  readonly order: readonly Profile[];
  /** Lives of main containers by pod uid. */
  readonly lives: Map<string, Life>;
  readonly hosts: Map<string, Host>;
  readonly disks: Disks;
  readonly queues: Queues;
  /** How each role looks from outside, at the last step. */
  services(): ReadonlyMap<Role, Service>;
  /** Cluster time of the last step. */
  now(): number;
  viewOf(pod: KubeObject): PodView;
  traitsOf(view: PodView, now: number): Traits;
  passwordOf(secret: string | undefined, namespace: string): string;
  /** Moves the model on to `now`, in whole steps. */
  advance(now: number): void;
}

/** Pods differ by a few per cent for good, and wobble by a few more. */
export function wobbleOf(seed: number, pod: string, now: number): number {
  const own = (seed ^ hashText(pod)) >>> 0;
  return (
    1 + 0.03 * smoothNoise(own, 0, 1) + 0.035 * smoothNoise(own + 1, now, 40) + 0.025 * smoothNoise(own + 2, now, 600)
  );
}

/** A working set builds up in the first minute and a half. */
const warmth = (age: number): number => Math.min(1, 0.6 + (0.4 * age) / 90);

export function createWorld(shop: Shop, cluster: ClusterView): World {
  const around = calmCircumstances();
  const order = callersFirst(shop);
  const viewOf = podViews(shop);
  const lives = new Map<string, Life>();
  const hosts = new Map<string, Host>();
  const disks = createDisks(shop);
  const queues = new Queues();
  const configurations = new WeakMap<PodView, { readonly services: readonly KubeObject[]; readonly traits: Traits }>();
  let services: ReadonlyMap<Role, Service> = new Map();
  let at: number | undefined;

  function passwordOf(secret: string | undefined, namespace: string): string {
    if (!secret) return '';
    const found = cluster
      .list('Secret')
      .find((one) => one['metadata'].name === secret && one['metadata'].namespace === namespace);
    return String(found?.['data']?.password ?? '');
  }

  /** A password that the database no longer takes fails every call to it. */
  function secretTraits(view: PodView): Partial<Traits> {
    const secret = view.profile?.secret;
    const accepted = secret && around.passwords.get(secret);
    const life = lives.get(view.uid);
    return accepted && life && life.password !== accepted ? { errorShare: 0.98 } : {};
  }

  function traitsOf(view: PodView, now: number): Traits {
    let traits = both(wellBehaved, around.registry.releases.get(view.image) ?? {});
    traits = both(traits, configured(view));
    traits = both(traits, secretTraits(view));
    traits = both(traits, certificateTraits(view, cluster.list('Secret'), now));
    for (const effect of around.effects) if (effect.touches(view)) traits = both(traits, effect.traits(view, now));
    return traits;
  }

  /** A spec does not change while a pod lives, and services rarely do. */
  function configured(view: PodView): Traits {
    const services = cluster.list('Service');
    const found = configurations.get(view);
    if (found?.services === services) return found.traits;
    const made = { services, traits: configurationTraits(shop, view, services) };
    configurations.set(view, made);
    return made.traits;
  }

  function receives(view: PodView, selectors: ReadonlyMap<string, Readonly<Record<string, string>>>): boolean {
    const selector = view.profile && selectors.get(`${view.namespace}/${view.profile.name}`);
    return view.ready && !view.leaving && selector !== undefined && picks(selector, view.labels);
  }

  function actorsAt(now: number): ReadonlyMap<Role, readonly Actor[]> {
    const selectors = new Map(
      cluster
        .list('Service')
        .map((one) => [`${one['metadata'].namespace}/${one['metadata'].name}`, one['spec']?.selector ?? {}]),
    );
    const actors = new Map<Role, Actor[]>();
    for (const life of lives.values()) {
      const { view } = life;
      if (!view.profile || life.ended) continue;
      const list = actors.get(view.profile.role) ?? [];
      actors.set(view.profile.role, list);
      list.push({
        key: view.uid,
        profile: view.profile,
        node: view.node,
        traits: traitsOf(view, now),
        serving: receives(view, selectors),
        cpuLimit: view.cpuLimit,
        nodeShare: life.nodeShare,
        crowding: life.crowding,
        wobble: wobbleOf(shop.seed, view.name, now),
        stuck: life.stuck,
        // All leaked: what is left is the connection that now and then times out and is opened anew.
        pool: Math.max(0.02, poolOf(view) - life.connections),
        connections: maxConnectionsOf(view),
        signals: life.signals,
      });
    }
    return actors;
  }

  function sceneAt(now: number): Scene {
    const actors = actorsAt(now);
    const refusals = refusalsOf(actors);
    const dnsDown = dnsFailure(actors.get('coredns') ?? [], around);
    return {
      crowd: crowd(shop.seed, now),
      actors,
      traffic: (role) => around.traffic.get(role) ?? 1,
      supply: (role) => supplyOf(role, actors.get(role) ?? []),
      wire: (from, to) =>
        blocked(from, to) ? { lost: 1, delay: 1 } : wireOf(around, dnsDown, from, actors.get(to) ?? []),
      refused: (to) => refusals.get(to) ?? 0,
      broken: (role) => (around.broken.get(role)?.() ?? false) || disks.full(shop.byRole(role)),
    };
  }

  function blocked(from: Actor, to: Role): boolean {
    const policies = cluster.list('NetworkPolicy');
    if (policies.length === 0) return false;
    const callee = shop.byRole(to);
    const caller = {
      namespace: from.profile.namespace,
      labels: { [appLabel]: from.profile.name, ...from.profile.labels },
    };
    return isBlocked(policies, caller, {
      namespace: callee.namespace,
      labels: { [appLabel]: callee.name, ...callee.labels },
    });
  }

  /** A database gives out so many connections; the pools of all its clients may want more. */
  function refusalsOf(actors: ReadonlyMap<Role, readonly Actor[]>): ReadonlyMap<Role, number> {
    const wanted = new Map<Role, number>();
    for (const [role, callers] of actors)
      for (const call of shop.byRole(role).calls)
        wanted.set(call.to, (wanted.get(call.to) ?? 0) + callers.reduce((sum, one) => sum + one.pool, 0));
    const refusals = new Map<Role, number>();
    for (const [role, connections] of wanted) {
      const servers = actors.get(role) ?? [];
      if (shop.byRole(role).http || servers.length === 0) continue;
      const most = Math.min(...servers.map((one) => one.connections));
      refusals.set(role, Math.max(0, 1 - most / connections));
    }
    return refusals;
  }

  /** What the consumers can take: as fast as they are, as much as waits. */
  function supplyOf(role: Role, actors: readonly Actor[]): number {
    const consumes = shop.byRole(role).consumes;
    if (!consumes) return 0;
    const speed = actors
      .filter((actor) => actor.serving)
      .reduce((sum, actor) => sum + (consumes.perPod * Math.min(1, actor.nodeShare)) / actor.traits.latencyFactor, 0);
    const arriving = services.get(consumes.queue)?.rate ?? 0;
    return Math.min(speed, arriving + (queues.waiting.get(consumes.queue) ?? 0) / step);
  }

  function age(life: Life, traits: Traits, now: number): void {
    const seconds = step;
    life.logged += traits.logBytes * seconds;
    life.leaked = Math.min(traits.leakCeiling, life.leaked + traits.leak * seconds);
    life.stuck += traits.stuckWorkers * seconds;
    life.connections += traits.connectionLeak * seconds;
    life.signals.memory = life.signals.memory * warmth(now - life.startedAt) + life.leaked;
    const trouble = troubleOf(around, life.view.node);
    life.signals.receivedDropped = ((life.signals.received + life.signals.sent) / 900) * trouble.loss;
    life.signals.sentDropped = life.signals.receivedDropped * 0.6;
    accumulate(life.totals, life.signals, seconds);
    if (life.signals.memory > life.view.memoryLimit)
      life.ended = { exitCode: 137, reason: 'OOMKilled', message: 'Memory cgroup out of memory', at: now };
    else if (traits.crash && now - life.startedAt >= traits.crash.after)
      life.ended = { exitCode: traits.crash.exitCode, reason: 'Error', message: traits.crash.message, at: now };
  }

  /** A pod that is a shell of root's on its node does its work at once and is done. */
  function obey(life: Life, now: number): void {
    const command = rootCommand(life.view.object);
    if (command === undefined) return;
    around.shells.get(life.view.node)?.(command);
    life.ended = { exitCode: 0, reason: 'Completed', message: '', at: now };
  }

  function idle(life: Life, now: number): void {
    const wobble = wobbleOf(shop.seed, life.view.name, now);
    const traits = traitsOf(life.view, now);
    const demand = 0.01 * wobble + traits.cpuExtra;
    const cpu = Math.min(demand * life.nodeShare, life.view.cpuLimit);
    const memory = 24 * 2 ** 20 * wobble;
    Object.assign(life.signals, { cpu, demand, memory, periods: 0, logBytes: traits.logBytes });
  }

  function stepQueues(): void {
    for (const profile of shop.profiles) {
      if (!profile.consumes) continue;
      const queue = profile.consumes.queue;
      const consumer = services.get(profile.role);
      const taken = (consumer?.rate ?? 0) * (1 - (consumer?.errors ?? 0));
      queues.step(queue, services.get(queue)?.rate ?? 0, taken, step);
    }
  }

  function stepTo(now: number): void {
    const pods = new Map(cluster.list('Pod').map((pod) => [pod['metadata'].uid as string, pod]));
    for (const [uid, life] of lives) {
      const pod = pods.get(uid);
      if (pod) life.view = viewOf(pod);
    }
    services = flow(order, sceneAt(now));
    stepQueues();
    for (const life of lives.values()) {
      if (life.ended) continue;
      if (!life.view.profile) idle(life, now);
      age(life, traitsOf(life.view, now), now);
      if (!life.view.profile) obey(life, now);
    }
    for (const node of cluster.list('Node')) {
      const name: string = node['metadata'].name;
      const host = hosts.get(name) ?? newHost(node, shop.seed);
      hosts.set(name, host);
      const onIt = [...lives.values()].filter((life) => !life.ended && life.view.node === name);
      stepHost(host, onIt, around, shop.seed, now, step);
    }
    disks.step(cluster.list('PersistentVolumeClaim'), around, step);
  }

  return {
    shop,
    around,
    order,
    lives,
    hosts,
    disks,
    queues,
    services: () => services,
    now: () => at ?? 0,
    viewOf,
    traitsOf,
    passwordOf,
    advance(now) {
      at ??= Math.floor(now / step) * step - step;
      for (; at + step <= now; at += step) stepTo(at + step);
    },
  };
}

/** Share of lookups that fail: all when no server is up, else as many as the servers drop. */
function dnsFailure(servers: readonly Actor[], around: Circumstances): number {
  const serving = servers.filter((one) => one.serving);
  if (servers.length > 0 && serving.length === 0) return 1;
  const dropped = serving.reduce((sum, one) => sum + one.traits.errorShare, 0) / Math.max(1, serving.length);
  return 1 - (1 - dropped) * (1 - around.dnsFailing);
}
