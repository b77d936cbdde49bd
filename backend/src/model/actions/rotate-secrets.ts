import { z } from 'zod';
import type { Evidence } from '../evidence.ts';
import { objectOf } from '../evidence.ts';
import { list, number, text, type JsonObject } from '../json.ts';
import type { ObjectRef } from '../kubernetes.ts';
import type { ActionDefinition, Progress, Refusal } from './action-definition.ts';
import { asks, can, guards, Name, refuseObject, rfc3339 } from './workload.ts';

const Params = z.strictObject({ name: Name, ns: Name, revision: z.coerce.number().int().min(0).optional() });
type Params = z.infer<typeof Params>;

const certificate = ({ ns, name }: Params): ObjectRef => ({ kind: 'Certificate', namespace: ns, name });
const live = (params: Params, evidence: Evidence): JsonObject | undefined => objectOf(evidence, certificate(params));
const what = ({ ns, name }: Params): string => `Certificate ${ns}/${name}`;
/** cert-manager counts the issuances; 0 = never issued. */
const revisionOf = (object: JsonObject | undefined): number => number(object, 'status', 'revision');
const conditionOf = (object: JsonObject | undefined, type: string): JsonObject | undefined =>
  list(object, 'status', 'conditions').find((one) => one['type'] === type);
const isIssuing = (object: JsonObject | undefined): boolean => conditionOf(object, 'Issuing')?.['status'] === 'True';

function refuseRenewal(params: Params, object: JsonObject | undefined): Refusal | undefined {
  if (isIssuing(object)) return { reason: 'RenewalRunning', message: `${what(params)} is being issued at this moment` };
  if (params.revision !== undefined && params.revision !== revisionOf(object))
    return { reason: 'TargetReplaced', message: `${what(params)} was issued anew since revision ${params.revision}` };
  return undefined;
}

function progressOf(params: Params, object: JsonObject | undefined): Progress {
  if (!object) return { state: 'Failed', reason: 'TargetNotFound', message: `${what(params)} is gone` };
  const issuing = conditionOf(object, 'Issuing');
  if (issuing?.['status'] === 'False' && issuing['reason'] === 'Failed')
    return { state: 'Failed', reason: 'IssuanceFailed', message: text(issuing, 'message') };
  if (isIssuing(object)) return { state: 'Progressing', message: 'waiting for the issuer' };
  if (revisionOf(object) <= (params.revision ?? 0))
    return { state: 'Failed', reason: 'Reverted', message: 'the request for a new certificate was taken back' };
  const until = text(object, 'status', 'notAfter');
  if (conditionOf(object, 'Ready')?.['status'] !== 'True')
    return { state: 'Progressing', message: 'issued; waiting until the certificate is ready' };
  return { state: 'Settled', message: `revision ${revisionOf(object)} is valid until ${until}` };
}

/**
 * As `cmctl renew`: the condition `Issuing` asks cert-manager for a new key pair, which it writes into the Certificate's
 * Secret. No byte of a Secret passes through KubeWise; consumers that read it once need a restart of their own.
 */
export const rotateSecrets: ActionDefinition<Params> = {
  name: 'rotate_secrets',
  schemaVersion: 1,
  summary: "Have cert-manager issue a Certificate anew, which rotates the key pair in the Certificate's Secret.",
  risk: 'medium',
  reversible: false,
  kinds: ['Certificate'],
  params: Params,
  order: ['name', 'ns', 'revision'],
  needs: (params) => [asks(certificate(params))],
  pin: (params, evidence) => ({ ...params, revision: params.revision ?? revisionOf(live(params, evidence)) }),
  permissions: ({ ns, name }) => [
    can('get', 'certificates', 'cert-manager.io', ns, name),
    { ...can('patch', 'certificates', 'cert-manager.io', ns, name), subresource: 'status' },
  ],
  refuse: (params, evidence) =>
    refuseObject(live(params, evidence), what(params)) ?? refuseRenewal(params, live(params, evidence)),
  request(params, evidence, stamp) {
    const object = live(params, evidence);
    // A merge patch replaces the list as a whole; the guards make that safe.
    const others = list(object, 'status', 'conditions').filter((one) => one['type'] !== 'Issuing');
    const issuing = {
      ...{ type: 'Issuing', status: 'True', reason: 'ManuallyTriggered' },
      message: `Certificate re-issuance manually triggered by KubeWise (${stamp.actionId})`,
      lastTransitionTime: rfc3339(stamp.startedAt),
    };
    return {
      ...{ verb: 'patch', ref: certificate(params), subresource: 'status', patch: 'merge' },
      preconditions: guards(object),
      body: { metadata: guards(object), status: { conditions: [...others, issuing] } },
    };
  },
  done(params, evidence, stamp) {
    const object = live(params, evidence);
    const asked = text(conditionOf(object, 'Issuing'), 'message').includes(stamp.actionId);
    return asked || (object !== undefined && revisionOf(object) > (params.revision ?? Infinity));
  },
  relevant: (params, evidence) => ({
    uid: text(live(params, evidence), 'metadata', 'uid'),
    revision: revisionOf(live(params, evidence)),
  }),
  preImage: (params, evidence) => ({ revision: revisionOf(live(params, evidence)) }),
  undo: () => undefined,
  progress: (params, evidence) => progressOf(params, live(params, evidence)),
  sentence: (params) => `Have ${what(params)} issued anew`,
};
