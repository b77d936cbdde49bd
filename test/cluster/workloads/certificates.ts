import type { KubeObject } from '../runtime.ts';
import type { PodView } from './pod-view.ts';
import type { Traits } from './traits.ts';

/** The end of a certificate of this cluster, which says in words until when it is valid (Unix s); Infinity = unknown. */
export function validUntil(secret: KubeObject | undefined): number {
  const text = Buffer.from(String(secret?.['data']?.['tls.crt'] ?? ''), 'base64').toString();
  const found = /valid until (\S+)/.exec(text)?.[1];
  return found === undefined ? Infinity : Date.parse(found) / 1000;
}

/** Clients refuse a server whose certificate has expired; a mounted Secret is read anew, so no restart is needed. */
export function certificateTraits(view: PodView, secrets: readonly KubeObject[], now: number): Partial<Traits> {
  const name = view.profile?.certificate;
  if (!name) return {};
  const secret = secrets.find((one) => one['metadata'].name === name && one['metadata'].namespace === view.namespace);
  return validUntil(secret) <= now ? { errorShare: 0.99 } : {};
}
