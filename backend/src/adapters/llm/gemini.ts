import {
  GoogleGenerativeAI,
  GoogleGenerativeAIAbortError,
  GoogleGenerativeAIFetchError,
  GoogleGenerativeAIResponseError,
  type EnhancedGenerateContentResponse,
} from '@google/generative-ai';
import type { Log, Model, ModelAnswer } from '../../pipeline/ports.ts';
import { failed, failureOfStatus, type Failure } from './failure.ts';
import { modelThat, parse, type Shape } from './wire.ts';

export interface GeminiOptions {
  readonly apiKey: string;
  readonly model: string;
  readonly timeoutSeconds: number;
  /** Of a proxy or a test; default: Google's. */
  readonly baseUrl?: string;
  readonly log: Log;
}

const provider = { title: 'Gemini', settings: 'GEMINI_API_KEY and GEMINI_MODEL' };

/** Gemini's errors in our words. https://ai.google.dev/gemini-api/docs/troubleshooting */
function failureOf(error: unknown, timeoutSeconds: number): Failure {
  if (error instanceof GoogleGenerativeAIAbortError) return failed('Timeout', `no answer within ${timeoutSeconds} s`);
  if (error instanceof GoogleGenerativeAIResponseError) return failed('Refused', error.message);
  if (error instanceof GoogleGenerativeAIFetchError) return failureOfStatus(error.status ?? 0, provider);
  return failed('Unavailable', error instanceof Error ? error.message : String(error));
}

/** Blocked, cut off, or whole? */
function answerOf<T>(shape: Shape<T>, response: EnhancedGenerateContentResponse): ModelAnswer<T> {
  const { promptFeedback, candidates, usageMetadata } = response;
  if (promptFeedback?.blockReason) return failed('Refused', `Gemini blocked the prompt: ${promptFeedback.blockReason}`);
  const [candidate] = candidates ?? [];
  if (!candidate) return failed('Garbage', 'Gemini answered without a candidate');
  if (candidate.finishReason && !['STOP', 'MAX_TOKENS'].includes(candidate.finishReason))
    return failed('Refused', `Gemini stopped with ${candidate.finishReason}`);
  const parsed = parse(shape, (candidate.content?.parts ?? []).map((part) => part.text ?? '').join(''));
  if (!parsed.ok) return failed('Garbage', parsed.message);
  return {
    ok: true,
    value: parsed.value,
    inputTokens: usageMetadata?.promptTokenCount ?? 0,
    outputTokens: usageMetadata?.candidatesTokenCount ?? 0,
  };
}

/** Gemini. Its answer is data: only the schema, the policy and the dry run decide what becomes of it. */
export function createGemini(options: GeminiOptions): Model {
  const { apiKey, model, timeoutSeconds, baseUrl, log } = options;
  const client = new GoogleGenerativeAI(apiKey);
  return modelThat(model, async (shape, { system, user }) => {
    const generative = client.getGenerativeModel(
      {
        model,
        systemInstruction: system,
        generationConfig: { responseMimeType: 'application/json', responseSchema: shape.schema, temperature: 0 },
      },
      { timeout: timeoutSeconds * 1000, ...(baseUrl && { baseUrl }) },
    );
    try {
      return answerOf(shape, (await generative.generateContent(user)).response);
    } catch (error) {
      const failure = failureOf(error, timeoutSeconds);
      log.debug({ module: 'llm', model, reason: failure.reason }, failure.message);
      return failure;
    }
  });
}
