import { z } from 'zod';
import { JsonObject } from './json.ts';
import { knownKinds, ObjectRef, type KnownKind } from './kubernetes.ts';

/**
 * Everything that can be asked about a cluster while diagnosing and planning: a closed, typed, bounded union.
 * Rule conditions, a model's tools and simulation probes all speak it, and every answer is saved with the incident.
 */
export const Query = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('Object'), ref: ObjectRef }),
  z.object({
    kind: z.literal('List'),
    of: z.enum(knownKinds as [KnownKind, ...KnownKind[]]),
    namespace: z.string(),
    labelSelector: z.string().max(2000).optional(),
    fieldSelector: z.string().max(500).optional(),
    limit: z.int().positive().max(200).default(50),
  }),
  z.object({ kind: z.literal('Metric'), promql: z.string().max(2000) }),
]);
export type Query = Readonly<z.infer<typeof Query>>;

/** An answer, projected to the fields we use. `found: false` is an answer too (404, or nothing listed). */
export const Answer = z.object({
  query: Query,
  found: z.boolean(),
  objects: z.array(JsonObject).default([]),
  values: z.array(z.object({ labels: z.record(z.string(), z.string()), value: z.number() })).default([]),
  error: z.string().optional(),
  at: z.number(),
});
export type Answer = Readonly<z.infer<typeof Answer>>;
export type Evidence = readonly Answer[];

const same = (a: Query, b: Query): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The saved answer to exactly this query, or undefined when it was not asked yet. */
export const answerTo = (evidence: Evidence, query: Query): Answer | undefined =>
  evidence.find((answer) => same(answer.query, query));

/** The one object of a saved answer, or undefined when it was not asked or not found. */
export const objectOf = (evidence: Evidence, ref: ObjectRef): JsonObject | undefined =>
  answerTo(evidence, { kind: 'Object', ref })?.objects[0];
