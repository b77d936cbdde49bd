import type { KubeObject } from '../runtime.ts';
import type { Circumstances } from './circumstances.ts';
import type { Profile, Role } from './profile.ts';
import { quantity } from './quantity.ts';
import type { Shop } from './shop.ts';

/** What is on a claim. */
export interface Disk {
  readonly namespace: string;
  readonly claim: string;
  readonly profile: Profile | undefined;
  capacity: number;
  used: number;
}

const dayOf = 86_400;

/** `data-orders-db-0` belongs to the StatefulSet orders-db. */
function ownerOf(shop: Shop, namespace: string, claim: string): Profile | undefined {
  const name = claim.replace(/^[^-]+-/, '').replace(/-\d+$/, '');
  return shop.find(namespace, name);
}

export interface Disks {
  readonly all: ReadonlyMap<string, Disk>;
  step(claims: readonly KubeObject[], around: Circumstances, seconds: number): void;
  /** Is a claim of this workload full? Then it cannot write. */
  full(profile: Profile): boolean;
  /** Takes bytes away, as a person who deletes old files would; may not go below nothing. */
  free(key: string, bytes: number): void;
}

export function createDisks(shop: Shop): Disks {
  const all = new Map<string, Disk>();

  function diskOf(claim: KubeObject): Disk {
    const { namespace, name } = claim['metadata'];
    const key = `${namespace}/${name}`;
    const capacity = quantity(
      claim['status']?.capacity?.storage ?? claim['spec']?.resources?.requests?.storage,
      2 ** 30,
    );
    const found = all.get(key);
    if (found) {
      found.capacity = capacity;
      return found;
    }
    const profile = ownerOf(shop, namespace, name);
    const disk = { namespace, claim: name, profile, capacity, used: capacity * (profile?.volume?.used ?? 0.05) };
    all.set(key, disk);
    return disk;
  }

  return {
    all,
    step(claims, around, seconds) {
      const seen = new Set<string>();
      for (const claim of claims) {
        const disk = diskOf(claim);
        const key = `${disk.namespace}/${disk.claim}`;
        seen.add(key);
        const growth = (disk.profile?.volume?.growth ?? 0) / dayOf + (around.volumeFill.get(key)?.() ?? 0);
        disk.used = Math.min(disk.capacity, disk.used + growth * seconds);
      }
      for (const key of all.keys()) if (!seen.has(key)) all.delete(key);
    },
    full: (profile) => [...all.values()].some((disk) => disk.profile === profile && disk.used >= disk.capacity * 0.995),
    free(key, bytes) {
      const disk = all.get(key);
      if (disk) disk.used = Math.max(0, disk.used - bytes);
    },
  };
}

/** Messages that wait in a queue, by the role that keeps it. */
export class Queues {
  readonly waiting = new Map<Role, number>();
  readonly published = new Map<Role, number>();
  readonly delivered = new Map<Role, number>();

  add(map: Map<Role, number>, role: Role, amount: number): void {
    map.set(role, (map.get(role) ?? 0) + amount);
  }

  /** `arriving` and `taken` are messages per second. */
  step(role: Role, arriving: number, taken: number, seconds: number): void {
    this.add(this.published, role, arriving * seconds);
    this.add(this.delivered, role, taken * seconds);
    this.waiting.set(role, Math.max(0, (this.waiting.get(role) ?? 0) + (arriving - taken) * seconds));
  }
}
