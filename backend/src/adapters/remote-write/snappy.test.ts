import SnappyJS from 'snappyjs';
import { describe, expect, test } from 'vitest';
import { NotSnappy, Snappy, statedLength } from './snappy.ts';

/** A generator with a fixed seed, so that a failure can be repeated. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => Math.floor(((state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32) * below);
}

/** Runs, repeats and noise, so that all kinds of elements come up. */
function randomBytes(upTo: (below: number) => number): Uint8Array {
  const bytes: number[] = [];
  for (let part = upTo(40); part > 0; part -= 1) {
    const kind = upTo(3);
    const size = upTo(300);
    const back = 1 + upTo(kind === 0 ? 12 : 5000);
    for (let i = 0; i < size; i += 1)
      bytes.push(kind === 2 || bytes.length < back ? upTo(256) : (bytes[bytes.length - back] ?? 0));
  }
  return Uint8Array.from(bytes);
}

describe('blocks of snappy', () => {
  test('give back what another implementation compressed, 500 times in one buffer', () => {
    const upTo = chance(5);
    const snappy = new Snappy();
    for (let round = 0; round < 500; round += 1) {
      const bytes = randomBytes(upTo);
      const block = SnappyJS.compress(bytes);
      expect(statedLength(block)).toBe(bytes.length);
      expect(Buffer.compare(snappy.uncompressed(block), bytes)).toBe(0);
    }
  });

  test('read lengths and offsets of every width', () => {
    const written = Array.from({ length: 300 }, (_, i) => i & 255);
    const block = [
      ...[0xb4, 0x02],
      // Literals whose length stands in one, two, three and four bytes behind the tag; it is one less.
      ...[60 << 2, 42, ...written.slice(0, 43)],
      ...[61 << 2, 42, 0, ...written.slice(43, 86)],
      ...[62 << 2, 42, 0, 0, ...written.slice(86, 129)],
      ...[63 << 2, 170, 0, 0, 0, ...written.slice(129)],
      // Copies with offsets of one, two and four bytes: 300 = 0x12c.
      ...[(1 << 5) | 1, 0x2c],
      ...[(1 << 2) | 2, 0x2c, 0x01],
      ...[(1 << 2) | 3, 0x2c, 0x01, 0, 0],
    ];
    expect([...new Snappy().uncompressed(Uint8Array.from(block))]).toEqual([...written, 0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test.each([
    ['empty', []],
    ['longer than it says', [1, 4, 65, 66]],
    ['shorter than it says', [9, 4, 65, 66]],
    ['cut off in a literal', [9, 32, 65, 66]],
    ['cut off in an offset', [6, 4, 65, 66, 14]],
    ['a copy of nothing', [4, 1, 0]],
    ['a copy from before the beginning', [6, 4, 65, 66, 1, 3]],
    ['a copy beyond the end', [3, 4, 65, 66, 1, 1]],
    ['without a length', [255, 255, 255, 255, 255, 0]],
  ])('are refused when %s', (_what, bytes) => {
    expect(() => new Snappy().uncompressed(Uint8Array.from(bytes))).toThrow(NotSnappy);
  });

  test('noise and blocks that were cut off are refused or shorter, never another error', () => {
    const upTo = chance(9);
    const snappy = new Snappy();
    for (let round = 0; round < 3000; round += 1) {
      const block = SnappyJS.compress(randomBytes(upTo)).subarray(0, 200);
      for (let i = 0; i < 3; i += 1) block[2 + upTo(block.length)] = upTo(256);
      try {
        expect(snappy.uncompressed(block)).toHaveLength(statedLength(block));
      } catch (error) {
        expect(error).toBeInstanceOf(NotSnappy);
      }
    }
  });
});
