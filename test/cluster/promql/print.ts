/** A number as Go prints it with format 'f' (https://pkg.go.dev/strconv#FormatFloat): never an exponent. */
export function goNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const text = Object.is(value, -0) ? '-0' : String(value);
  const [, sign = '', whole = '', fraction = '', exponent] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text) ?? [];
  if (exponent === undefined) return text;
  const places = Number(exponent);
  const digits = whole + fraction;
  if (places < 0) return `${sign}0.${'0'.repeat(-places - 1)}${digits}`;
  return sign + digits.padEnd(whole.length + places, '0');
}

/** A sample value in the HTTP API: a string, with an exponent only far from one. */
export function apiNumber(value: number): string {
  if (!Number.isFinite(value)) return goNumber(value);
  return Object.is(value, -0) ? '-0' : String(value);
}
