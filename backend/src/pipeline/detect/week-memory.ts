/** Hours of the week, from Thursday 00:00 UTC on, when Unix time begins. */
const hours = 168;
const hour = 3600;

export const weekParameters = {
  /** From this surprise on an hour is worth remembering. */
  from: 3,
  /** What is further from expected than so many times what the hour knew is news again. */
  reach: 1.5,
  /** Weeks that an hour is remembered. */
  weeks: 2,
};

/** How far values went above and below what was expected, and how surprising they were, in one hour of one week. */
interface Strange {
  readonly week: number;
  up: number;
  down: number;
  surprise: number;
}

/**
 * The week's rhythm: what was strange at this hour of the week, and opened no incident, is expected there a week later (a
 * job on Sundays, the office on Mondays). Only strange hours are kept, so that a quiet series costs nothing.
 */
export class WeekMemory {
  readonly #rows = new Map<number, Map<number, Strange[]>>();

  /** Was it as far from expected on this side, and as surprising, about this hour, in a week before? */
  knows(row: number, off: number, surprise: number, timestamp: number): boolean {
    const known = this.#rows.get(row);
    if (!known) return false;
    const at = Math.floor(timestamp / hour);
    return [at - 1, at, at + 1].some((one) =>
      known.get(one % hours)?.some((past) => {
        const ago = Math.floor(one / hours) - past.week;
        const reach = weekParameters.reach * (off > 0 ? past.up : past.down);
        return ago >= 1 && ago <= weekParameters.weeks && Math.abs(off) <= reach && surprise <= past.surprise;
      }),
    );
  }

  /** A strange sample; `off` = value less expected. */
  note(row: number, off: number, surprise: number, timestamp: number): void {
    const known = this.#rows.get(row) ?? new Map<number, Strange[]>();
    this.#rows.set(row, known);
    const at = Math.floor(timestamp / hour);
    const week = Math.floor(at / hours);
    const past = (known.get(at % hours) ?? []).filter((one) => week - one.week <= weekParameters.weeks);
    const now = past.find((one) => one.week === week) ?? { week, up: 0, down: 0, surprise: 0 };
    now.up = Math.max(now.up, off);
    now.down = Math.max(now.down, -off);
    now.surprise = Math.max(now.surprise, surprise);
    known.set(at % hours, [...past.filter((one) => one !== now), now]);
  }

  /** An incident is open: what this hour and the one before have seen is an outage, and no rhythm. */
  isOutage(row: number, timestamp: number): void {
    const known = this.#rows.get(row);
    if (!known) return;
    const at = Math.floor(timestamp / hour);
    for (const one of [at - 1, at])
      known.set(
        one % hours,
        (known.get(one % hours) ?? []).filter(({ week }) => week !== Math.floor(one / hours)),
      );
  }

  forget(row: number): void {
    this.#rows.delete(row);
  }
}
