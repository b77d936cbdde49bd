import { badRequest } from './status.ts';
import type { KubeObject } from '../runtime.ts';

/**
 * kubectl sends some bodies (access reviews, evictions, what `kubectl create` makes) as Kubernetes protobuf. This reads just those
 * messages: the envelope `k8s\0` + runtime.Unknown, and the fields named in the table.
 */
export const protobufType = 'application/vnd.kubernetes.protobuf';

type Shape = 'string' | 'int' | 'bool' | 'bytes' | 'map' | 'bytesMap' | Message;
/** Field number → name, shape, repeated. */
type Message = Readonly<Record<number, readonly [name: string, shape: Shape, repeated?: true]>>;

const metadata: Message = {
  1: ['name', 'string'],
  2: ['generateName', 'string'],
  3: ['namespace', 'string'],
  5: ['uid', 'string'],
  11: ['labels', 'map'],
  12: ['annotations', 'map'],
};
const attributes: Message = {
  1: ['namespace', 'string'],
  2: ['verb', 'string'],
  3: ['group', 'string'],
  4: ['version', 'string'],
  5: ['resource', 'string'],
  6: ['subresource', 'string'],
  7: ['name', 'string'],
};
const pathAttributes: Message = { 1: ['path', 'string'], 2: ['verb', 'string'] };
const accessSpec: Message = { 1: ['resourceAttributes', attributes], 2: ['nonResourceAttributes', pathAttributes] };
const subjectSpec: Message = { ...accessSpec, 3: ['user', 'string'], 4: ['groups', 'string', true] };
const deleteOptions: Message = {
  1: ['gracePeriodSeconds', 'int'],
  2: ['preconditions', { 1: ['uid', 'string'], 2: ['resourceVersion', 'string'] }],
  3: ['orphanDependents', 'bool'],
  4: ['propagationPolicy', 'string'],
  5: ['dryRun', 'string', true],
};
const messages: Readonly<Record<string, Message>> = {
  Namespace: { 1: ['metadata', metadata] },
  ServiceAccount: { 1: ['metadata', metadata] },
  ConfigMap: { 1: ['metadata', metadata], 2: ['data', 'map'], 3: ['binaryData', 'bytesMap'], 4: ['immutable', 'bool'] },
  Secret: {
    1: ['metadata', metadata],
    2: ['data', 'bytesMap'],
    3: ['type', 'string'],
    4: ['stringData', 'map'],
    5: ['immutable', 'bool'],
  },
  SelfSubjectAccessReview: { 1: ['metadata', metadata], 2: ['spec', accessSpec] },
  SubjectAccessReview: { 1: ['metadata', metadata], 2: ['spec', subjectSpec] },
  LocalSubjectAccessReview: { 1: ['metadata', metadata], 2: ['spec', subjectSpec] },
  SelfSubjectRulesReview: { 1: ['metadata', metadata], 2: ['spec', { 1: ['namespace', 'string'] }] },
  Eviction: { 1: ['metadata', metadata], 2: ['deleteOptions', deleteOptions] },
  DeleteOptions: deleteOptions,
  TokenRequest: {
    1: ['metadata', metadata],
    2: ['spec', { 1: ['audiences', 'string', true], 4: ['expirationSeconds', 'int'] }],
  },
};
const envelope: Message = {
  1: ['typeMeta', { 1: ['apiVersion', 'string'], 2: ['kind', 'string'] }],
  2: ['raw', 'string'],
};

/** Reads a varint at `at`: value and the place after it. */
function varint(bytes: Buffer, at: number): readonly [value: number, next: number] {
  let value = 0;
  let factor = 1;
  for (let index = at; index < bytes.length && index < at + 10; index += 1) {
    const byte = bytes[index] as number;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return [value, index + 1];
    factor *= 128;
  }
  throw badRequest('truncated protobuf varint');
}

/** The fields of a message, undecoded: number and payload (a number for varints). */
function* fieldsIn(bytes: Buffer): Generator<readonly [number: number, payload: number | Buffer]> {
  for (let at = 0; at < bytes.length;) {
    const [tag, start] = varint(bytes, at);
    const wire = tag % 8;
    if (wire === 0) {
      const [value, next] = varint(bytes, start);
      yield [tag >> 3, value];
      at = next;
    } else if (wire === 2) {
      const [length, from] = varint(bytes, start);
      if (from + length > bytes.length) throw badRequest('truncated protobuf field');
      yield [tag >> 3, bytes.subarray(from, from + length)];
      at = from + length;
    } else throw badRequest(`protobuf wire type ${wire} is not expected here`);
  }
}

function valueOf(payload: number | Buffer, shape: Shape): unknown {
  if (shape === 'int') return payload;
  if (shape === 'bool') return payload === 1;
  if (typeof payload === 'number') throw badRequest('malformed protobuf field');
  if (shape === 'bytes') return payload.toString('base64');
  if (shape === 'map' || shape === 'bytesMap') return mapEntry(payload, shape === 'map' ? 'string' : 'bytes');
  return shape === 'string' ? payload.toString('utf8') : decode(payload, shape);
}

function mapEntry(payload: Buffer, values: 'string' | 'bytes'): KubeObject {
  const { key = '', value = '' } = decode(payload, { 1: ['key', 'string'], 2: ['value', values] });
  return { [key as string]: value as string };
}

function decode(bytes: Buffer, message: Message): KubeObject {
  const result: KubeObject = {};
  for (const [number, payload] of fieldsIn(bytes)) {
    const field = message[number];
    if (!field) continue;
    const [name, shape, repeated] = field;
    const value = valueOf(payload, shape);
    if (value === '') continue;
    if (shape === 'map' || shape === 'bytesMap') result[name] = { ...(result[name] as object), ...(value as object) };
    else result[name] = repeated ? [...((result[name] ?? []) as unknown[]), value] : value;
  }
  return result;
}

/** A protobuf body as the JSON object it stands for. Throws 400 for kinds it does not know. */
export function parseProtobuf(body: Buffer): KubeObject {
  const fields = [...fieldsIn(body.subarray(4))];
  const raw = fields.find(([number]) => number === 2)?.[1];
  const { typeMeta = {} } = decode(body.subarray(4), { 1: envelope[1] as Message[number] });
  const message = messages[typeMeta['kind'] as string];
  if (!message || !Buffer.isBuffer(raw))
    throw badRequest(`protobuf bodies of kind ${typeMeta['kind']} are not read here; send JSON`);
  return { ...(typeMeta as KubeObject), ...decode(raw, message) };
}
