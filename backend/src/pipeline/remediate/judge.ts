import type { WriteVerdict } from './verdict.ts';
import type { KubernetesRequest } from '../../model/index.ts';

/** What the API server answered to one write. */
export interface Answered {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
}

/** How often one request may be built anew because the object moved under it. */
const maxTries = 6;

const removes = (request: KubernetesRequest): boolean => request.verb === 'delete' || request.verb === 'evict';

/**
 * Reads an answer to a write (KUBERNETES semantics: 409 has three meanings, 422 is also a failed json-patch `test`,
 * 429 on an eviction is a PodDisruptionBudget). `tries` counts the sendings of this action so far.
 */
export function judgeAnswer(request: KubernetesRequest, answer: Answered, tries: number): WriteVerdict {
  const { status, reason, message } = answer;
  if (status >= 200 && status < 300) return { do: 'Applied' };
  if (status === 404 && removes(request)) return { do: 'Applied' };
  if (status === 429) return tries < maxTries * 5 ? { do: 'Wait', seconds: 10 } : fail('DisruptionBudget', message);
  const moved = status === 409 || (status === 422 && request.patch === 'json');
  if (moved && tries < maxTries) return { do: 'Reread' };
  return fail(reason || `Status${status}`, message);
}

const fail = (reason: string, message: string): WriteVerdict => ({ do: 'Fail', reason, message });
