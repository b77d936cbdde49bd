import type { Mode, Mute, Setting } from '../model/index.ts';
import type { Identity, Ports } from './ports.ts';

/** What people decided at run time; survives a restart in the store's settings. */
export interface Switches {
  mode(): Mode;
  killSwitch(): boolean;
  mutes(): readonly Mute[];
  restore(): Promise<void>;
  set(id: string, value: unknown, by: Identity): Promise<void>;
  reloadMutes(): Promise<void>;
  /** Everything that was set, by id. */
  entries(): readonly (readonly [id: string, value: unknown])[];
}

export function createSwitches(ports: Pick<Ports, 'store' | 'clock'>, initialMode: Mode): Switches {
  const values = new Map<string, unknown>([['mode', initialMode]]);
  let mutes: readonly Mute[] = [];
  const reloadMutes = async (): Promise<void> => {
    mutes = await ports.store.mutes.find({ where: { until: { gt: ports.clock.now() } }, limit: 1000 });
  };
  return {
    mode: () => (values.get('mode') === 'AUTO' ? 'AUTO' : 'MANUAL'),
    killSwitch: () => values.get('killSwitch') === true,
    mutes: () => mutes,
    async restore() {
      for (let last: Setting | undefined; ;) {
        const after = last && { after: { value: last.id, id: last.id } };
        const page = await ports.store.settings.find({ limit: 100, ...after });
        for (const { id, value } of page) values.set(id, value);
        last = page.at(-1);
        if (!last) break;
      }
      await reloadMutes();
    },
    async set(id, value, by) {
      // What stops everything stops this process even when the store does not take it.
      if (id === 'killSwitch' && value === true) values.set(id, value);
      const setting: Setting = {
        ...{ id, version: 0, schemaVersion: 1, value, subject: by.subject, at: ports.clock.now() },
      };
      await ports.store.settings.upsert([setting]);
      values.set(id, value);
    },
    reloadMutes,
    entries: () => [...values],
  };
}
