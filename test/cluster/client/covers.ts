/** Does `have` say all that `want` says? Null and absent are the same; arrays must be equal in length and order. */
export function covers(have: unknown, want: unknown): boolean {
  if (want === null || want === undefined) return have === null || have === undefined;
  if (typeof want !== 'object') return have === want;
  if (typeof have !== 'object' || have === null) return isEmpty(want) && (have === undefined || have === null);
  if (Array.isArray(want)) {
    return Array.isArray(have) && have.length === want.length && want.every((one, index) => covers(have[index], one));
  }
  return Object.entries(want).every(([key, value]) => covers((have as Record<string, unknown>)[key], value));
}

const isEmpty = (value: object): boolean => Object.keys(value).length === 0;
