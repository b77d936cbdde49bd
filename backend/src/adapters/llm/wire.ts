import { SchemaType, type ObjectSchema, type Schema } from '@google/generative-ai';
import { z } from 'zod';
import { actionNames, Proposal, Review } from '../../model/index.ts';
import type { Model, ModelAnswer, Prompt } from '../../pipeline/ports.ts';

const text = (description: string): Schema => ({ type: SchemaType.STRING, description });
const list = (items: Schema, description: string): Schema => ({ type: SchemaType.ARRAY, items, description });

const step: ObjectSchema = {
  type: SchemaType.OBJECT,
  properties: {
    id: text('lower case letters, digits and -, unique in the plan'),
    action: { type: SchemaType.STRING, format: 'enum', enum: [...actionNames], description: 'one of the actions' },
    params: list(
      {
        type: SchemaType.OBJECT,
        properties: { name: text('parameter'), value: text('value, numbers as digits') },
        required: ['name', 'value'],
      },
      'exactly the parameters of the action',
    ),
    dependsOn: list(text('step id'), 'steps that come first'),
    expectedOutcome: text('what will be true afterwards'),
  },
  required: ['id', 'action', 'params'],
};

/** The proposal as a model is asked for it: parameters as pairs, because providers' schemas know no open maps. */
const proposalSchema: ObjectSchema = {
  type: SchemaType.OBJECT,
  properties: {
    reasoning: text('why this plan, in at most five sentences'),
    rootCause: text('the cause, in one sentence'),
    steps: list(step, 'at most eight'),
    priority: { type: SchemaType.STRING, format: 'enum', enum: ['low', 'medium', 'high', 'critical'] },
    expectedOutcome: text('what the cluster will look like'),
    verification: list(text('one check'), 'how to tell that it helped'),
  },
  required: ['reasoning', 'steps'],
};

type JsonSchema = Readonly<Record<string, unknown>>;

/** The same as JSON Schema in the strict form: every field required, none besides. */
export function strict(schema: Schema): JsonSchema {
  const { type, description } = schema;
  const said = { type, ...(description && { description }) };
  if (schema.type === SchemaType.OBJECT)
    return {
      ...said,
      properties: Object.fromEntries(Object.entries(schema.properties).map(([name, one]) => [name, strict(one)])),
      required: Object.keys(schema.properties),
      additionalProperties: false,
    };
  if (schema.type === SchemaType.ARRAY) return { ...said, items: strict(schema.items) };
  return { ...said, ...('enum' in schema && { enum: schema.enum }) };
}

const Pairs = z.array(z.object({ name: z.string(), value: z.union([z.string(), z.number(), z.boolean()]) }));
const WireStep = z.looseObject({
  action: z.string(),
  params: z.union([Pairs, z.record(z.string(), z.unknown())]).default([]),
});
const WireProposal = z.looseObject({
  steps: z.array(WireStep),
  fallbacks: z.array(z.array(WireStep)).optional(),
});

const digits = /^-?\d+(\.\d+)?$/;
const valueOf = (value: unknown): unknown => (typeof value === 'string' && digits.test(value) ? Number(value) : value);

function commandOf({ action, params, ...rest }: z.infer<typeof WireStep>): object {
  const pairs = Array.isArray(params)
    ? params.map(({ name, value }) => [name, value] as const)
    : Object.entries(params);
  return { ...rest, action: { name: action, params: Object.fromEntries(pairs.map(([k, v]) => [k, valueOf(v)])) } };
}

/** Models like to put their JSON into a fence. */
const unfenced = (answer: string): string => answer.trim().replace(/^```(?:json)?\s*|\s*```$/g, '');

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

/** What an answer has to look like: the schema that is sent, and how strictly what came is read. */
export interface Shape<T> {
  readonly name: string;
  readonly about: string;
  readonly schema: ObjectSchema;
  read(json: unknown): Parsed<T>;
}

/** Reads what a model said; whatever does not fit the shape whole is an error with the field's name. */
export function parse<T>(shape: Shape<T>, answer: string): Parsed<T> {
  let json: unknown;
  try {
    json = JSON.parse(unfenced(answer));
  } catch {
    return { ok: false, message: 'the model did not answer with JSON' };
  }
  return shape.read(json);
}

const parsedBy = <T>({ data, error }: z.ZodSafeParseResult<T>): Parsed<T> =>
  error ? { ok: false, message: z.prettifyError(error) } : { ok: true, value: data };

function readProposal(json: unknown): Parsed<Proposal> {
  const wire = WireProposal.safeParse(json);
  if (!wire.success) return { ok: false, message: z.prettifyError(wire.error) };
  const { steps, fallbacks, ...rest } = wire.data;
  return parsedBy(
    Proposal.safeParse({
      ...rest,
      steps: steps.map(commandOf),
      ...(fallbacks && { fallbacks: fallbacks.map((one) => one.map(commandOf)) }),
    }),
  );
}

const planShape: Shape<Proposal> = {
  ...{ name: 'propose_plan', about: 'Propose the plan.', schema: proposalSchema },
  read: readProposal,
};

const reviewShape: Shape<Review> = {
  ...{ name: 'review_outcome', about: 'Say whether it helped.' },
  schema: {
    type: SchemaType.OBJECT,
    properties: {
      helped: { type: SchemaType.BOOLEAN, description: 'did the remediation remove the cause of the incident?' },
      comment: text('why, in at most three sentences'),
    },
    required: ['helped', 'comment'],
  },
  read: (json) => parsedBy(Review.safeParse(json)),
};

/** One question to one provider, whatever the shape of the answer. */
export type Ask = <T>(shape: Shape<T>, prompt: Prompt) => Promise<ModelAnswer<T>>;

export const modelThat = (name: string, ask: Ask): Model => ({
  name,
  complete: (prompt) => ask(planShape, prompt),
  review: (prompt) => ask(reviewShape, prompt),
});
