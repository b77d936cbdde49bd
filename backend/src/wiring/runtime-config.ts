import { maskedConfig, parseSetting, runtimeSettings, type Config, type SettingName } from '../config.ts';
import type { createAuditLog } from '../pipeline/audit.ts';
import type { Switches } from '../pipeline/switches.ts';
import type { Identity, Operations, Ports } from '../pipeline/ports.ts';

/** GET and PUT /config: what may change at run time is validated by the same schema, saved, and audited. */
export function runtimeConfig(
  config: Config,
  switches: Switches,
  audit: ReturnType<typeof createAuditLog>,
  ports: Ports,
  setThresholds: (thresholds: Readonly<Record<string, number>>) => void,
): Pick<Operations, 'config' | 'setConfig' | 'changeable'> {
  const changed = new Map<string, unknown>();
  const current = () => ({
    ...maskedConfig(config),
    ...Object.fromEntries(changed),
    REMEDIATION_MODE: switches.mode(),
  });
  const apply = async (name: SettingName, value: unknown, by: Identity): Promise<void> => {
    const { ids, clock } = ports;
    const entry = {
      id: ids.next(),
      at: clock.now(),
      subject: by.subject,
      action: 'ConfigChanged',
      reason: 'ConfigChanged',
    };
    await audit.append([{ ...entry, object: `settings/${name}`, message: JSON.stringify(value) }]);
    await switches.set(name === 'REMEDIATION_MODE' ? 'mode' : name, value, by);
    changed.set(name, value);
  };
  return {
    config: current,
    changeable: () => runtimeSettings,
    async setConfig(change, by) {
      const values: [SettingName, unknown][] = [];
      for (const [given, value] of Object.entries(change)) {
        const name = given.toUpperCase() as SettingName;
        if (!runtimeSettings.includes(name)) {
          const message = `${given}: may not change at run time; may change: ${runtimeSettings.join(', ')}`;
          return { ok: false, status: 400, reason: 'NotRuntime', message };
        }
        const parsed = parseSetting(name, value);
        if (!parsed.ok) return { ok: false, status: 400, reason: 'BadSetting', message: parsed.message };
        values.push([name, parsed.value]);
      }
      for (const [name, value] of values) await apply(name, value, by);
      const thresholds = changed.get('ANOMALY_THRESHOLDS') as Record<string, number> | undefined;
      const fallback =
        (changed.get('DEFAULT_ANOMALY_THRESHOLD') as number | undefined) ?? config.DEFAULT_ANOMALY_THRESHOLD;
      setThresholds({ default: fallback, ...(thresholds ?? config.ANOMALY_THRESHOLDS) });
      return { ok: true, value: current() };
    },
  };
}
