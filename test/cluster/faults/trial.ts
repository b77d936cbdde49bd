import type { ShopCluster } from '../shop-cluster.ts';
import type { FaultFamily } from './family.ts';
import type { Injected } from './ground.ts';
import { perform } from './perform.ts';
import type { Step } from './steps.ts';

/** What became of a fault in one run: each is undefined when all conditions of recovery were met, else what was not. */
export interface Trial {
  readonly shown: string | undefined;
  readonly observed: string | undefined;
  readonly harmed: string | undefined;
  readonly cured: string | undefined;
  /** Cluster seconds from the cure to recovery. */
  readonly seconds: number;
}

/** Cluster seconds that are watched without doing anything, and after the wrong thing was done. */
const watching = 300;

/** Injects, watches, does the wrong thing, then the right one; says at each point what is wrong. */
export async function tryFamily(cluster: ShopCluster, family: FaultFamily, params: unknown = {}): Promise<Trial> {
  const { clock, ground } = cluster;
  const injected = await family.inject(ground, params);
  const wrong = (): string | undefined => {
    const { met, says } = family.recovered(ground, params, injected);
    return met ? undefined : says.join('; ');
  };
  await clock.sleep(family.showsAfter);
  const shown = wrong();
  await clock.sleep(watching);
  const observed = wrong();
  await performAll(cluster, family.harm(params), injected);
  await clock.sleep(watching);
  const harmed = wrong();
  const began = clock.now();
  await performAll(cluster, family.cure(params), injected);
  do await clock.sleep(15);
  while (wrong() !== undefined && clock.now() - began < family.curedWithin);
  return { shown, observed, harmed, cured: wrong(), seconds: clock.now() - began };
}

async function performAll(cluster: ShopCluster, steps: readonly Step[], injected: Injected): Promise<void> {
  for (const step of steps) await perform(cluster.ground, step, injected);
}
