import { request } from 'undici';
import { failed, failureOfStatus, type Failure, type Provider } from './failure.ts';

export interface Question {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
  readonly timeoutSeconds: number;
}
export type Posted = { readonly ok: true; readonly json: unknown } | Failure;

/** Bytes of an answer at most: a plan is a few thousand. */
const maxAnswer = 2_000_000;

/** One POST of JSON to a model's API. Never throws: what went wrong is an answer as well. */
export async function post(question: Question, provider: Provider): Promise<Posted> {
  const { url, headers, body, timeoutSeconds } = question;
  try {
    const response = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
    });
    const text = await textOf(response.body);
    const json = jsonOf(text);
    if (response.statusCode >= 300) return refusalIn(json, provider) ?? failureOfStatus(response.statusCode, provider);
    return json === undefined ? failed('Garbage', `${provider.title} did not answer with JSON`) : { ok: true, json };
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError')
      return failed('Timeout', `no answer within ${timeoutSeconds} s`);
    return failureOfStatus(0, provider);
  }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > maxAnswer) return '';
  }
  return text;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Azure answers a filtered prompt with 400 and this code. */
function refusalIn(json: unknown, { title }: Provider): Failure | undefined {
  const error = typeof json === 'object' && json !== null && 'error' in json ? json.error : undefined;
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 'content_filter' ? failed('Refused', `${title} blocked the prompt: content_filter`) : undefined;
}
