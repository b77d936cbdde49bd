import type { Store } from '../../backend/src/pipeline/ports.ts';

/** Reads, adds one and writes until nobody was faster. */
export async function increment(settings: Store['settings'], id: string): Promise<void> {
  for (;;) {
    const now = await settings.get(id);
    if (!now) throw new Error(`setting ${id} is gone`);
    if (await settings.replace({ ...now, value: Number(now.value) + 1 }, now.version)) return;
  }
}
