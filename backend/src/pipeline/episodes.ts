/** As far back as anybody remembers (s). */
export const week = 7 * 86_400;
/** What comes back sooner is the same episode (s). */
const apart = 1800;
/** Of more in a week nobody keeps count. */
const most = 32;

const ordinals = ['', 'first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth'];
const ordinal = (n: number): string => ordinals[n] ?? `${n}th`;

/** `the third time this week`; nothing about what happens for the first time. */
export const timesThisWeek = (episode: number): string => (episode < 2 ? '' : `the ${ordinal(episode)} time this week`);

/** From this episode of a week on it does not go away by itself or by what was done about it. */
export const recurring = 3;

/** When something began, again and again: the memory of an entity, over a week. Bounded; times are Unix seconds. */
export class Episodes {
  readonly #known = new Map<string, number[]>();

  /** Another beginning. Answers which episode of this week it is, 1 = the first; a beginning soon after another is that one. */
  note(key: string, at: number): number {
    const times = (this.#known.get(key) ?? []).filter((one) => at - one < week).slice(-most);
    const last = times.at(-1);
    if (last === undefined || at - last >= apart) times.push(at);
    else times[times.length - 1] = Math.max(last, at);
    this.#known.delete(key);
    this.#known.set(key, times);
    this.#forget(at);
    return times.length;
  }

  /** How many there were in the week before `now`. */
  before(key: string, now: number): number {
    return (this.#known.get(key) ?? []).filter((one) => now - one < week).length;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Those not heard of for a week stand first. */
  #forget(now: number): void {
    for (const [key, times] of this.#known) {
      if (now - (times.at(-1) ?? 0) < week) return;
      this.#known.delete(key);
    }
  }
}
