import { chooser } from '../workloads/noise.ts';
import type { Profile } from '../workloads/index.ts';
import { badRelease } from './bad-release.ts';
import type { FaultKind } from './fault.ts';
import type { Ground, Injected, Subject } from './ground.ts';
import { subjectOf, workloadOf } from './lookup.ts';
import { memoryLeak } from './memory-leak.ts';
import { judge } from './recovery.ts';
import { trafficSpike } from './traffic-spike.ts';

/** One fault of the demo: when it comes, what it hits, and how one sees that it was put right. */
export interface DemoFault {
  /** Cluster seconds after the schedule begins. */
  readonly at: number;
  readonly kind: string;
  /** The class that ground truth gives it. */
  readonly class: string;
  readonly target: Subject;
  /** For people: `memory leak in Deployment shop/search`. */
  readonly title: string;
  /** Actions that put it right, and ones that only look like it. */
  readonly acceptable: readonly string[];
  readonly useless: readonly string[];
  inject(): Promise<Injected>;
  /** Are state and metrics back to normal? Meaningful once the fault has shown itself. */
  recovered(): { readonly met: boolean; readonly says: readonly string[] };
  /** Has it shown itself, so that `recovered` means something? */
  shown(): boolean;
}

interface Draft {
  readonly fault: FaultKind;
  readonly params: unknown;
  readonly target: Profile;
  readonly title: string;
  readonly acceptable: readonly string[];
  readonly useless: readonly string[];
}

/** Services that run in two replicas or more and that no autoscaler moves. */
function candidates(ground: Ground): readonly Profile[] {
  const autoscaled = new Set(
    ground.cluster.list('HorizontalPodAutoscaler').map((one) => one['spec'].scaleTargetRef.name),
  );
  return ground.world.shop.profiles.filter((profile) => {
    const replicas: number = workloadOf(ground, profile)?.['spec'].replicas ?? 0;
    return profile.kind === 'Deployment' && profile.http && replicas >= 2 && !autoscaled.has(profile.name);
  });
}

/** Does no request fail when it fails? */
const isDecoration = (ground: Ground, profile: Profile): boolean =>
  ground.world.shop.profiles.every((one) => one.calls.every((call) => call.to !== profile.role || !call.critical));

/** Calls that one request causes elsewhere: who passes on more takes others down with it. */
const passedOn = (profile: Profile): number => profile.calls.reduce((sum, call) => sum + call.each, 0);

function draftsOf(ground: Ground): readonly Draft[] {
  const random = chooser(ground.world.shop.seed + 41);
  const shuffled = candidates(ground)
    .map((profile) => ({ profile, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ profile }) => profile);
  const decorations = shuffled.filter((profile) => isDecoration(ground, profile));
  const spiked = decorations.sort((a, b) => passedOn(a) - passedOn(b))[0] ?? shuffled[0];
  const [leaking, released] = shuffled.filter((profile) => profile !== spiked);
  if (!leaking || !released || !spiked) throw new Error('the demo needs three services with two replicas or more');
  const where = (profile: Profile): string => `Deployment ${profile.namespace}/${profile.name}`;
  return [
    {
      fault: memoryLeak,
      params: { role: leaking.role, minutes: 4 },
      target: leaking,
      title: `a memory leak in ${where(leaking)}`,
      acceptable: ['increase_resources'],
      useless: ['scale_deployment', 'cordon_node'],
    },
    {
      fault: badRelease,
      params: { role: released.role },
      target: released,
      title: `a bad release of ${where(released)}`,
      acceptable: ['rollback_deployment'],
      useless: ['restart_deployment', 'scale_deployment', 'increase_resources'],
    },
    {
      fault: trafficSpike,
      params: { role: spiked.role },
      target: spiked,
      title: `more traffic than ${where(spiked)} has CPU for`,
      acceptable: ['scale_deployment', 'increase_resources'],
      useless: ['restart_deployment', 'rollback_deployment'],
    },
  ];
}

export interface DemoTimes {
  /** Cluster seconds before the first fault, and between one and the next. */
  readonly first: number;
  readonly gap: number;
}

/** The three faults of the demo; which workloads they hit depends on the seed and on what runs, not on names. */
export function demoFaults(ground: Ground, times: DemoTimes = { first: 60, gap: 900 }): readonly DemoFault[] {
  return draftsOf(ground).map((draft, index) => {
    const params = draft.fault.params.parse(draft.params);
    const conditions = draft.fault.recovery(params);
    let shown = false;
    const recovered = (): { met: boolean; says: string[] } => {
      const verdicts = conditions.map((one) => judge(ground, one));
      return { met: verdicts.every((one) => one.met), says: verdicts.map((one) => one.says) };
    };
    return {
      at: times.first + index * times.gap,
      kind: draft.fault.kind,
      class: draft.fault.class,
      target: subjectOf(draft.target),
      title: draft.title,
      acceptable: draft.acceptable,
      useless: draft.useless,
      inject: () => draft.fault.inject(ground, params),
      recovered,
      shown: () => (shown ||= !recovered().met),
    };
  });
}
