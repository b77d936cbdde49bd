import { list, number, text, type JsonObject, type KubernetesRequest } from '../../model/index.ts';
import { AdapterError, type WriteAnswer } from '../../pipeline/ports.ts';
import type { Reply } from './transport.ts';

const causesOf = (body: JsonObject): readonly JsonObject[] => list(body, 'details', 'causes');

/** Causes that say more than the Status' own reason does. */
const tellingCauses = ['DisruptionBudget', 'FieldManagerConflict', 'NamespaceTerminating'] as const;

/**
 * The one word for a refusal. 409 has three meanings and 422 two more than it seems: a wrong uid in a patch, and a
 * json-patch `test` that failed, about which the server says nothing (measured on a real API server).
 */
function reasonOf(request: Pick<KubernetesRequest, 'verb' | 'patch'>, reply: Reply): string {
  const causes = causesOf(reply.body);
  const telling = tellingCauses.find((word) => causes.some((cause) => cause['reason'] === word));
  if (telling) return telling;
  if (reply.status === 422 && causes.some((cause) => text(cause, 'field') === 'metadata.uid')) return 'TargetReplaced';
  if (reply.status === 422 && request.patch === 'json' && causes.length === 0) return 'TestFailed';
  if (reply.status === 500 && request.verb === 'evict') return 'SeveralDisruptionBudgets';
  return text(reply.body, 'reason') || wordFor(reply.status);
}

const words: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
};
const wordFor = (status: number): string => words[status] ?? (status < 300 ? '' : `Status${status}`);

export const messageOf = (reply: Reply): string => text(reply.body, 'message') || `status ${reply.status}`;

/** Several budgets match one pod: 500 without a reason, and no retry will help. Every other 5xx is the server's trouble. */
const isRefusal = (request: Pick<KubernetesRequest, 'verb'>, reply: Reply): boolean =>
  reply.status < 500 || (reply.status === 500 && request.verb === 'evict' && text(reply.body, 'reason') === '');

export function failure(reply: Reply): AdapterError {
  return new AdapterError('kubernetes', `the API server answered ${reply.status}: ${messageOf(reply)}`, {
    retryable: reply.status >= 500 || reply.status === 429 || reply.status === 401,
    status: reply.status,
  });
}

/** An answer to a write as a value; 401 and the server's own failures are thrown. */
export function writeAnswer(
  request: KubernetesRequest,
  reply: Reply,
  tidy: (object: JsonObject) => JsonObject,
): WriteAnswer {
  if (reply.status === 401 || !isRefusal(request, reply)) throw failure(reply);
  const ok = reply.status < 300;
  const isObject = ok && text(reply.body, 'kind') !== 'Status' && text(reply.body, 'metadata', 'name') !== '';
  return {
    status: reply.status,
    reason: ok ? '' : reasonOf(request, reply),
    message: ok ? text(reply.body, 'message') : withCauses(reply),
    object: isObject ? tidy(reply.body) : undefined,
  };
}

/** The causes of a budget name the numbers ("needs 3 healthy pods and has 3 currently"): a person wants to read them. */
function withCauses(reply: Reply): string {
  const message = messageOf(reply);
  const more = causesOf(reply.body)
    .map((cause) => text(cause, 'message'))
    .filter((said) => said && !message.includes(said));
  return [message, ...more].join('; ').slice(0, 2000);
}

/** The code of a Status object in a watch's ERROR event. */
export const statusCode = (status: JsonObject): number => number(status, 'code');
