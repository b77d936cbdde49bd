import { z } from 'zod';

/** Kubernetes resource quantities (apimachinery/pkg/api/resource/quantity.go): `250m`, `512Mi`, `1.5G`, `1e9`. */
const suffixes: Readonly<Record<string, number>> = {
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
const pattern = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;

/** A quantity in base units (cores, bytes); NaN when it is not one. */
export function quantity(text: string): number {
  const [, digits, exponent, suffix = ''] = pattern.exec(text) ?? [];
  return exponent === undefined ? Number(digits) * (suffixes[suffix] ?? NaN) : Number(`${digits}e${exponent}`);
}

/** A quantity above zero as a parameter of an action. */
export const Quantity = z
  .string()
  .refine((value) => quantity(value) > 0, 'must be a Kubernetes quantity such as 500m or 512Mi');

/** Cores as millicores, bytes as Mi: what people write in manifests. */
export const printCpu = (cores: number): string => `${Math.ceil(cores * 1000)}m`;
export const printMemory = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)}Mi`;
