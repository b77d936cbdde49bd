import type { KubeWiseQuery } from './types';

export const defaultQuery: Partial<KubeWiseQuery> = { kind: 'incidents', layers: ['incidents'] };
