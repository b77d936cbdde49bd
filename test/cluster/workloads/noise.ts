/** FNV-1a: a text as 32 bits. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** A number in [0, 1) that depends on the seed and the index alone (the finaliser of murmur3). */
export function hashed(seed: number, index: number): number {
  let hash = seed ^ Math.imul(index | 0, 0x9e3779b1) ^ Math.imul(Math.floor(index / 2 ** 32), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** Value noise in [-1, 1] that moves on a scale of `period` seconds; a closed form of (seed, time). */
export function smoothNoise(seed: number, time: number, period: number): number {
  const at = time / period;
  const index = Math.floor(at);
  const part = at - index;
  const blend = part * part * (3 - 2 * part);
  return 2 * (hashed(seed, index) * (1 - blend) + hashed(seed, index + 1) * blend) - 1;
}

const day = 86_400;

/**
 * How busy the shop is at `time` (Unix s, UTC), mean about 1: quiet at four in the morning, busy in the evening, a
 * fifth less on Saturday and Sunday.
 */
export function rhythm(time: number): number {
  const hour = (time % day) / 3600;
  const weekday = (Math.floor(time / day) + 4) % 7;
  const daily =
    1 + 0.32 * Math.cos(((hour - 17) / 24) * 2 * Math.PI) + 0.08 * Math.cos(((hour - 12) / 12) * 2 * Math.PI);
  return daily * (weekday === 0 || weekday === 6 ? 0.82 : 1.05);
}

/** The load that people make: the rhythm with three scales of noise. */
export function crowd(seed: number, time: number): number {
  const noise =
    0.05 * smoothNoise(seed, time, 3600) +
    0.04 * smoothNoise(seed + 1, time, 420) +
    0.03 * smoothNoise(seed + 2, time, 45);
  return rhythm(time) * (1 + noise);
}

/** A stream of numbers in [0, 1) for choices made once. */
export function chooser(seed: number): () => number {
  let index = 0;
  return () => hashed(seed, (index += 1));
}
