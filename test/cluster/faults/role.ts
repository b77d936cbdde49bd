import { z } from 'zod';
import { createShop } from '../workloads/index.ts';

const roles = createShop({ seed: 0 }).profiles.map((profile) => profile.role);

/** The role of a workload of the shop: what it does, whatever it is called. */
export const role = z.enum(roles as [string, ...string[]]);
