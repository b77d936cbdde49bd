const suffixes: Readonly<Record<string, number>> = {
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** A Kubernetes quantity as a number (cores or bytes); `missing` when there is none. */
export function quantity(text: unknown, missing = Infinity): number {
  if (typeof text === 'number') return text;
  const parts = /^([\d.]+(?:e[+-]?\d+)?)([a-zA-Z]*)$/.exec(String(text ?? ''));
  if (!parts) return missing;
  return Number(parts[1]) * (suffixes[parts[2] ?? ''] ?? 1);
}
