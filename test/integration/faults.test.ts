import { afterEach, describe, expect, it } from 'vitest';
import { faultFamilies, type FaultFamily } from '../cluster/faults/index.ts';
import { tryFamily } from '../cluster/faults/trial.ts';
import { startShopCluster, type ShopCluster } from '../cluster/shop-cluster.ts';

/** A Wednesday at noon: the shop is busy. Each family runs on a cluster of its own, under other names. */
const noon = Date.UTC(2026, 10, 25, 12) / 1000;
const names = { search: 'alpha', cart: 'beta', catalog: 'gamma', 'catalog-db': 'delta', 'orders-db': 'epsilon' };
const namespaces = { shop: 'team-a', data: 'team-b', batch: 'team-c' };
const families = [...faultFamilies.values()];
const faults = families.filter((one) => !one.control && !one.healsItself);
const patience = 400_000;

let cluster: ShopCluster | undefined;
afterEach(() => cluster?.close());

async function trial(family: FaultFamily, seed: number) {
  cluster = await startShopCluster({ seed, names, namespaces, speed: Infinity, pastDays: 0, start: noon });
  return tryFamily(cluster, family);
}

describe('a fault shows, stays when only watched, survives its harmful plan and not its cure', () => {
  it.each(faults.map((one) => [one.family, one] as const))(
    '%s',
    async (_name, family) => {
      const { shown, observed, harmed, cured } = await trial(family, 11);
      expect({ shown: shown !== undefined, observed: observed !== undefined, harmed: harmed !== undefined }).toEqual({
        shown: true,
        observed: true,
        harmed: true,
      });
      expect(cured).toBeUndefined();
    },
    patience,
  );
});

describe('what is to be left alone', () => {
  it.each(families.filter((one) => one.control || one.healsItself).map((one) => [one.family, one] as const))(
    '%s ends well with nothing done',
    async (_name, family) => {
      const { cured } = await trial(family, 11);
      expect(cured).toBeUndefined();
    },
    patience,
  );
});
