import { randomBytes } from 'node:crypto';
import type { Clock, Ids } from '../../pipeline/ports.ts';

/**
 * UUID v7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, a 12-bit counter that keeps ids of one millisecond in
 * order, 62 random bits.
 */
export function uuidV7(clock: Pick<Clock, 'now'>): Ids {
  let last = 0;
  let counter = 0;
  return {
    next() {
      const now = Math.max(last, Math.floor(clock.now() * 1000));
      counter = now === last ? counter + 1 : 0;
      // A full counter borrows the next millisecond, so that the order holds.
      last = counter > 0xfff ? now + 1 : now;
      if (counter > 0xfff) counter = 0;
      const bytes = randomBytes(16);
      bytes.writeUIntBE(last, 0, 6);
      bytes.writeUInt16BE(0x7000 | counter, 6);
      bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
      const hex = bytes.toString('hex');
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
    },
  };
}
