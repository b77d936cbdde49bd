import { z } from 'zod';

/** Any JSON value: what the Kubernetes API answers before we look at it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };
export type JsonObject = { readonly [key: string]: Json | undefined };
export const JsonObject: z.ZodType<JsonObject> = z.record(z.string(), z.any());

/** Follows `keys` into a JSON value; a missing step gives undefined, never an error. */
export function at(value: Json | undefined, ...keys: (string | number)[]): Json | undefined {
  let here: Json | undefined = value;
  for (const key of keys) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = Array.isArray(here) ? (here as readonly Json[])[key as number] : (here as JsonObject)[String(key)];
  }
  return here;
}

export const text = (value: Json | undefined, ...keys: (string | number)[]): string => {
  const found = at(value, ...keys);
  return typeof found === 'string' ? found : '';
};

export const number = (value: Json | undefined, ...keys: (string | number)[]): number => {
  const found = at(value, ...keys);
  return typeof found === 'number' ? found : 0;
};

export const list = (value: Json | undefined, ...keys: (string | number)[]): readonly JsonObject[] => {
  const found = at(value, ...keys);
  return Array.isArray(found) ? (found as readonly JsonObject[]) : [];
};

export const object = (value: Json | undefined, ...keys: (string | number)[]): JsonObject => {
  const found = at(value, ...keys);
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as JsonObject) : {};
};
