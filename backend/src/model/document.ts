import { z } from 'zod';

/** What every stored document carries: `version` is what compare-and-set compares, `schemaVersion` what migrations read. */
export const documentFields = {
  id: z.string().min(1),
  version: z.int().nonnegative().default(0),
  schemaVersion: z.int().positive().default(1),
} as const;

export interface Document {
  readonly id: string;
  readonly version: number;
  readonly schemaVersion: number;
}
