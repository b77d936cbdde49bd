import type { Detectors } from '@kubewise/backend/contract';

/** What the contract leaves open (`model`), read field by field: a KubeWise that says less shows less. */
export interface WarmStart {
  readonly state: string;
  readonly samples: number;
  readonly series: number;
}
export interface LastWeek {
  readonly days: number;
  readonly incidents: readonly WouldBe[];
  readonly perDay: number;
  readonly alerts: number;
  readonly matched: number;
  /** How far an incident would have been ahead of its alert (s; negative: behind), median. */
  readonly medianLead: number | undefined;
}
/** `at` and `until`: Unix milliseconds. */
export interface WouldBe {
  readonly target: string;
  readonly at: number;
  readonly until: number;
  readonly signals: readonly string[];
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
const isText = (value: unknown): value is string => typeof value === 'string';
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export function warmStartOf({ model }: Detectors): WarmStart | undefined {
  const said = model.warmStart;
  return isRecord(said) && isText(said.state)
    ? { state: said.state, samples: numberOf(said.samples) ?? 0, series: numberOf(said.series) ?? 0 }
    : undefined;
}

/** Undefined until the warm start has replayed the past, or for good where there is none. */
export function lastWeekOf({ model }: Detectors): LastWeek | undefined {
  const said = model.backtest;
  const days = isRecord(said) ? numberOf(said.days) : undefined;
  if (!isRecord(said) || days === undefined) {
    return undefined;
  }
  const incidents = listOf(said.incidents).filter(isRecord).map(wouldBe);
  return {
    days,
    incidents,
    perDay: numberOf(said.incidentsPerDay) ?? incidents.length / days,
    alerts: numberOf(said.alerts) ?? 0,
    matched: numberOf(said.matched) ?? 0,
    medianLead: numberOf(said.medianLead),
  };
}

const wouldBe = (said: Record<string, unknown>): WouldBe => ({
  target: isText(said.target) ? said.target : '',
  at: (numberOf(said.at) ?? 0) * 1000,
  until: (numberOf(said.until) ?? 0) * 1000,
  signals: listOf(said.signals).filter(isText),
});
