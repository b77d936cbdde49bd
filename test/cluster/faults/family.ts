import { z } from 'zod';
import type { FaultKind } from './fault.ts';
import type { Ground, Injected } from './ground.ts';
import { judge, type Recovery, type Verdict } from './recovery.ts';
import { aimOf, type Aim, type Step } from './steps.ts';

/** The name of one of KubeWise's own default queries. */
export type SeriesName = string;

/** One family of faults (or a control), as the registry gives it out. */
export interface FaultFamily {
  readonly family: string;
  /** The fault class of ground truth. `None` = a control: nothing is wrong. */
  readonly class: string;
  /** Without a value a parameter has the family's default: `params.parse({})` is always valid. */
  readonly params: z.ZodType;
  /** KubeWise's default queries whose series are expected to be anomalous. */
  readonly anomalies: readonly SeriesName[];
  readonly control: boolean;
  readonly healsItself: boolean;
  /** Cluster seconds after which it shows, and within which a cure has to work. */
  readonly showsAfter: number;
  readonly curedWithin: number;
  inject(ground: Ground, params: unknown): Promise<Injected>;
  /** What must hold for it to count as put right. */
  recovery(params: unknown): readonly Recovery[];
  recovered(
    ground: Ground,
    params: unknown,
    injected: Injected,
  ): { readonly met: boolean; readonly says: Verdict['says'][] };
  /** A fault that grows: when these no longer hold, somebody is hurt by it. Empty = it is there from one moment to the next. */
  impact(params: unknown): readonly Recovery[];
  /** A plan that is shown to work by the tests, and one that is shown not to. */
  cure(params: unknown): readonly Step[];
  harm(params: unknown): readonly Step[];
  /** Actions that put it right, on the objects where they do; `notify_only` = a person can. Empty = leave it alone. */
  acceptable(params: unknown): readonly Aim[];
  harmful(params: unknown): readonly Aim[];
}

interface Draft<P> {
  readonly fault: FaultKind<P>;
  readonly defaults: Partial<P>;
  readonly anomalies: readonly SeriesName[];
  readonly cure: (params: P) => readonly Step[];
  readonly harm: (params: P) => readonly Step[];
  /** Beyond the actions of `cure`. */
  readonly alsoAcceptable?: (params: P) => readonly Aim[];
  readonly healsItself?: boolean;
  readonly impact?: (params: P) => readonly Recovery[];
  readonly showsAfter?: number;
  readonly curedWithin?: number;
}

/** Each once. */
const distinct = (aims: readonly Aim[]): readonly Aim[] => [
  ...new Map(aims.map((aim) => [`${aim.action} ${aim.of ?? ''}`, aim])).values(),
];

/** A control is a family of class `None`. */
export function family<P>(draft: Draft<P>): FaultFamily {
  const { fault, defaults } = draft;
  const read = (params: unknown): P => fault.params.parse({ ...defaults, ...(params as object) });
  const recovery = (params: unknown): readonly Recovery[] => fault.recovery(read(params));
  return {
    family: fault.kind,
    class: fault.class,
    params: z.preprocess((given) => ({ ...defaults, ...(given as object) }), fault.params),
    anomalies: draft.anomalies,
    control: fault.class === 'None',
    healsItself: draft.healsItself ?? false,
    showsAfter: draft.showsAfter ?? 300,
    curedWithin: draft.curedWithin ?? 600,
    inject: (ground, params) => fault.inject(ground, read(params)),
    recovery,
    recovered(ground, params, { rootCause }) {
      const verdicts = recovery(params).map((one) => judge(ground, one, rootCause.name));
      return { met: verdicts.every((one) => one.met), says: verdicts.map((one) => one.says) };
    },
    impact: (params) => draft.impact?.(read(params)) ?? [],
    cure: (params) => draft.cure(read(params)),
    harm: (params) => draft.harm(read(params)),
    acceptable(params) {
      const known = read(params);
      return distinct([...draft.cure(known).map(aimOf), ...(draft.alsoAcceptable?.(known) ?? [])]);
    },
    harmful: (params) => distinct(draft.harm(read(params)).map(aimOf)),
  };
}
