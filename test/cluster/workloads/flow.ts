import type { Profile, Role } from './profile.ts';
import type { Shop } from './shop.ts';
import { fillBuckets, type PodSignals } from './signals.ts';
import type { Traits } from './traits.ts';

/** One running pod as the flow of requests sees it. */
export interface Actor {
  readonly key: string;
  readonly profile: Profile;
  readonly node: string;
  readonly traits: Traits;
  readonly serving: boolean;
  readonly cpuLimit: number;
  /** Share of the CPU it wants that its node can give, 0…1. */
  readonly nodeShare: number;
  /** How much more CPU its node is asked for than it has, as a share. */
  readonly crowding: number;
  /** Multiplies CPU and memory: pods differ a little, and wobble. */
  readonly wobble: number;
  /** Requests that hang in it already. */
  readonly stuck: number;
  /** Connections it may hold to its database. */
  readonly pool: number;
  /** Connections it gives out, when it is a database. */
  readonly connections: number;
  readonly signals: PodSignals;
}

/** What the network does to a call. */
export interface Wire {
  /** Share of calls that never arrive. */
  readonly lost: number;
  /** Seconds added to a call. */
  readonly delay: number;
}

/** Everything that the flow at one instant depends on. */
export interface Scene {
  /** Load in relation to the mean, for requests from outside. */
  readonly crowd: number;
  readonly actors: ReadonlyMap<Role, readonly Actor[]>;
  traffic(role: Role): number;
  /** Messages per second that a consumer may take. */
  supply(role: Role): number;
  wire(from: Actor, to: Role): Wire;
  /** Share of calls that a role refuses because it has no connection left to give. */
  refused(to: Role): number;
  /** Can the role serve at all (quorum, primary, disk)? */
  broken(role: Role): boolean;
}

/** How a role looks to who calls it. */
export interface Service {
  /** Requests per second that are asked of it. */
  readonly rate: number;
  /** Median seconds of a request. */
  readonly latency: number;
  /** Share of requests that fail. */
  readonly errors: number;
  /** Is it reached through a pool of connections? */
  readonly pooled: boolean;
}

/** After this long a caller gives up (s). */
export const timeout = 5;
const capped = (value: number): number => Math.min(1, Math.max(0, value));

/** Callers before what they call. */
export function callersFirst(shop: Shop): readonly Profile[] {
  const order: Profile[] = [];
  const visit = (profile: Profile): void => {
    if (order.includes(profile)) return;
    for (const call of profile.calls) visit(shop.byRole(call.to));
    order.push(profile);
  };
  shop.profiles.forEach(visit);
  return order.reverse();
}

/** Share of CFS periods in which a container that wants `demand` cores hits its `limit`. */
function throttledShare(demand: number, limit: number): number {
  if (!Number.isFinite(limit)) return 0;
  const use = demand / limit;
  return use < 0.55 ? 0.002 : capped(0.002 + ((use - 0.55) / 0.6) ** 1.6);
}

/** What the calls of one request cost: seconds, and the share of requests that fail by them. */
function callsOf(scene: Scene, actor: Actor, services: ReadonlyMap<Role, Service>, rate: number) {
  let seconds = 0;
  let passes = 1;
  for (const call of actor.profile.calls) {
    const callee = services.get(call.to);
    if (!callee) continue;
    const wire = scene.wire(actor, call.to);
    const held = callee.latency + wire.delay;
    const fails = 1 - (1 - callee.errors) * (1 - wire.lost) * (1 - scene.refused(call.to));
    // Connections in use beyond the pool wait in line, like any other queue.
    const busy = callee.pooled ? (rate * call.each * held) / actor.pool : 0;
    const wait = busy < 0.8 ? 0 : held * Math.min(20, (busy - 0.8) / 0.2);
    // Nobody waits long for decoration.
    const patience = call.critical ? timeout : 0.15;
    seconds += call.each * Math.min(patience, held + wait + wire.lost * 1.5);
    if (call.critical) passes *= (1 - Math.min(1, call.each) * fails) * (busy > 2 ? 2 / busy : 1);
  }
  return { seconds, passes };
}

/** Fills the signals of one pod that is asked for `rate` requests per second. */
function work(scene: Scene, actor: Actor, services: ReadonlyMap<Role, Service>, rate: number): Omit<Service, 'pooled'> {
  const { profile, traits, signals } = actor;
  const { physics } = profile;
  const limit = Math.min(actor.cpuLimit, Infinity);
  const demand = (physics.cpuIdle + rate * physics.cpuPerRequest * traits.cpuFactor) * actor.wobble + traits.cpuExtra;
  const given = Math.min(demand, limit, demand * actor.nodeShare);
  const use = Math.max(
    demand / limit,
    demand > 0 ? demand / Math.max(given, 1e-6) - 1 + Math.min(1, demand / limit) : 0,
  );
  const calls = callsOf(scene, actor, services, rate);
  const own =
    (physics.latency * traits.latencyFactor * (1 + 3 * actor.crowding)) /
      Math.max(0.06, 1 - Math.min(use, 1) ** 3 * 0.95) +
    traits.latencyExtra;
  const free = Math.max(0.5, physics.workers - actor.stuck);
  const crowding = (rate * (own + calls.seconds)) / free;
  const latency = Math.min(
    timeout * 2,
    own * (use > 1 ? use * 2 : 1) + calls.seconds * (crowding > 0.7 ? 1 + (crowding - 0.7) * 3 : 1),
  );
  const served = (use > 1.05 ? 1.05 / use : 1) * (crowding > 1 ? 1 / crowding : 1);
  const errors = capped(1 - served * calls.passes * (1 - traits.errorShare) * 0.9996);
  signals.demand = demand;
  signals.cpu = given * (0.985 + 0.015 * actor.wobble);
  signals.periods = Number.isFinite(limit) ? 10 : 0;
  signals.throttled = signals.periods * throttledShare(demand, limit);
  signals.memory = (physics.memoryBase + rate * physics.memoryPerRate) * traits.memoryFactor * actor.wobble;
  signals.rate = rate;
  signals.errors = rate * errors;
  signals.received = 2_000 + rate * 900;
  signals.sent = 1_500 + rate * 2_600;
  signals.written = 800 + rate * 150;
  signals.logBytes = traits.logBytes;
  fillBuckets(signals, latency);
  return { rate, latency, errors };
}

/** The rates that are asked of every role: from outside, and by whoever calls it. */
function ratesOf(order: readonly Profile[], scene: Scene): ReadonlyMap<Role, number> {
  const rates = new Map<Role, number>();
  for (const profile of order) {
    const fromQueue = profile.consumes ? scene.supply(profile.role) : 0;
    const inside = (rates.get(profile.role) ?? 0) + fromQueue;
    const own = (profile.physics.edge * scene.crowd + inside) * scene.traffic(profile.role);
    rates.set(profile.role, own);
    for (const call of profile.calls) rates.set(call.to, (rates.get(call.to) ?? 0) + own * call.each);
  }
  return rates;
}

/** The whole flow at one instant; fills every actor's signals and tells how each role looks from outside. */
export function flow(order: readonly Profile[], scene: Scene): ReadonlyMap<Role, Service> {
  const rates = ratesOf(order, scene);
  const services = new Map<Role, Service>();
  for (let index = order.length - 1; index >= 0; index -= 1) {
    const profile = order[index] as Profile;
    const actors = scene.actors.get(profile.role) ?? [];
    const rate = rates.get(profile.role) ?? 0;
    services.set(profile.role, serve(scene, profile, actors, services, rate));
  }
  return services;
}

function serve(
  scene: Scene,
  profile: Profile,
  actors: readonly Actor[],
  services: ReadonlyMap<Role, Service>,
  rate: number,
): Service {
  const serving = actors.filter((actor) => actor.serving);
  const down = serving.length < (profile.quorum ?? 1) || scene.broken(profile.role);
  const each = serving.length === 0 ? 0 : rate / serving.length;
  let latency = 0;
  let failed = 0;
  for (const actor of actors) {
    const seen = work(scene, actor, services, actor.serving ? each : 0);
    if (!actor.serving) continue;
    latency += seen.latency / serving.length;
    failed += seen.errors / serving.length;
  }
  const pooled = !profile.http;
  return down ? { rate, latency: timeout / 5, errors: 1, pooled } : { rate, latency, errors: failed, pooled };
}
