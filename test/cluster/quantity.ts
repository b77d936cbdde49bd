const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const pattern = /^([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;

/** A Kubernetes quantity (`500m`, `2Gi`) as a number; NaN when it is none. Read here anew, as the cluster is nobody’s product. */
export function quantity(text: unknown): number {
  if (typeof text === 'number') return text;
  const parts = pattern.exec(String(text ?? ''));
  if (!parts) return Number.NaN;
  const [, digits, exponent, suffix] = parts;
  return Number(digits) * (exponent ? 10 ** Number(exponent) : (factors[suffix ?? ''] as number));
}

/** Bytes as a quantity, in the largest binary unit that divides it. */
export function bytes(value: number): string {
  for (const unit of ['Gi', 'Mi', 'Ki']) {
    const factor = factors[unit] as number;
    if (value >= factor && value % factor === 0) return `${value / factor}${unit}`;
  }
  return String(Math.round(value));
}

/** Cores (or any plain count) as a quantity. */
export const cores = (value: number): string =>
  Number.isInteger(value) ? String(value) : `${Math.round(value * 1000)}m`;
