import type { KubeObject } from '../runtime.ts';

export const hashLabel = 'pod-template-hash';

/** Equal objects give equal texts, whatever the order of their keys. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const pairs = Object.entries(value).filter(([, one]) => one !== undefined && one !== null);
  return `{${pairs
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, one]) => `${key}:${canonical(one)}`)
    .join(',')}}`;
}

/** A pod template without the label that the Deployment controller adds to it. */
export function bare(template: KubeObject): KubeObject {
  const { [hashLabel]: _hash, ...labels } = (template['metadata']?.labels ?? {}) as Record<string, string>;
  const { creationTimestamp: _time, ...metadata } = (template['metadata'] ?? {}) as KubeObject;
  return { ...template, metadata: { ...metadata, labels } };
}

export const sameTemplate = (a: KubeObject, b: KubeObject): boolean => canonical(bare(a)) === canonical(bare(b));

const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** A short name of a template, as `pod-template-hash` is: letters that spell nothing. */
export function templateHash(template: KubeObject, collisions: number): string {
  const text = `${canonical(bare(template))}${collisions || ''}`;
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return [...String(value)].map((digit) => alphabet[digit.charCodeAt(0) % alphabet.length]).join('');
}
