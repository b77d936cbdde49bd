import type { Forecast, Incident, Step } from '../../model/index.ts';

const middle = (seconds: readonly number[]): number | undefined =>
  seconds.length === 0 ? undefined : seconds.toSorted((a, b) => a - b)[Math.floor(seconds.length / 2)];

/** How many there were, how many of them got well, and how long those took. */
function experience(
  past: readonly Incident[],
  isWell: (incident: Incident) => boolean,
  since: (incident: Incident) => number,
): Forecast['doNothing'] {
  const well = past.filter(isWell);
  const seconds = middle(well.map((one) => Math.max(0, (one.closedAt ?? one.updatedAt) - since(one))));
  return { seen: past.length, recovered: well.length, ...(seconds !== undefined && { medianSeconds: seconds }) };
}

const actionsOf = (steps: readonly Step[]): string => steps.map(({ action }) => action.name).join(' ');
const isOver = (incident: Incident): boolean => incident.closedAt !== undefined;

/**
 * What became of earlier incidents with the same first cause: of those that nothing was done about, and of those in which
 * the same actions were carried out. Frequencies of the past, not a model of the future; undefined where there is no past.
 */
export function forecastOf(
  incident: Incident,
  steps: readonly Step[],
  past: readonly Incident[],
): Forecast | undefined {
  const cause = incident.causes[0]?.class;
  const alike = past.filter((one) => isOver(one) && one.id !== incident.id && one.causes[0]?.class === cause);
  if (cause === undefined || alike.length === 0) return undefined;
  const left = alike.filter((one) => one.executedAt === undefined);
  const treated = alike.filter(
    (one) => one.executedAt !== undefined && one.plan !== undefined && actionsOf(one.plan.steps) === actionsOf(steps),
  );
  if (left.length + treated.length === 0) return undefined;
  return {
    doNothing: experience(
      left,
      ({ phase }) => phase === 'SelfRecovered',
      ({ startedAt }) => startedAt,
    ),
    withPlan: experience(
      treated,
      ({ outcome }) => outcome?.verdict === 'Fixed',
      ({ executedAt, startedAt }) => executedAt ?? startedAt,
    ),
  };
}
