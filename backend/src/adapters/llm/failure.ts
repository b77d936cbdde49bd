import type { ModelAnswer } from '../../pipeline/ports.ts';

export type Failure = ModelAnswer<never> & { readonly ok: false };
export const failed = (reason: Failure['reason'], message: string): Failure => ({ ok: false, reason, message });

/** Who is asked, and which settings of ours a refusal is about. */
export interface Provider {
  readonly title: string;
  readonly settings: string;
}

/** What an HTTP status of a model's API means for the planner; 0 = no answer came. */
export function failureOfStatus(status: number, { title, settings }: Provider): Failure {
  if (status === 429) return failed('RateLimited', `the quota of the ${title} key is used up for now`);
  if (status === 404) return failed('NotConfigured', `${title} knows no such model or address: check ${settings}`);
  if (status === 408 || status === 504) return failed('Timeout', `${title} did not finish in time`);
  if (status >= 400 && status < 500)
    return failed('NotConfigured', `${title} refused the request with ${status}: check ${settings}`);
  return failed('Unavailable', status ? `${title} answered ${status}` : `${title} was not reached`);
}
