import type { Labels, Log, Recorder } from '../../pipeline/ports.ts';

/** Fakes for tests: what was counted, and what was said. */
export function recording() {
  const counted = new Map<string, number>();
  const said: { level: keyof Log; message: string }[] = [];
  const keyOf = (name: string, labels: Labels = {}): string => [name, ...Object.values(labels)].join(' ');
  const recorder: Recorder = {
    count: (name, labels, by = 1) =>
      void counted.set(keyOf(name, labels), (counted.get(keyOf(name, labels)) ?? 0) + by),
    gauge: (name, value, labels) => void counted.set(keyOf(name, labels), value),
    observe: () => undefined,
    resetGauge: () => undefined,
  };
  const say =
    (level: keyof Log) =>
    (_fields: object, message: string): void =>
      void said.push({ level, message });
  const log: Log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
  return { recorder, log, counted, said };
}

/** Waits until `fact` holds, at most `seconds`. */
export async function until(what: string, fact: () => boolean | Promise<boolean>, seconds = 10): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await fact())) {
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
