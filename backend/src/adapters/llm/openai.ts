import { z } from 'zod';
import type { Log, Model, ModelAnswer } from '../../pipeline/ports.ts';
import { failed, type Provider } from './failure.ts';
import { post } from './post.ts';
import { modelThat, parse, strict, type Shape } from './wire.ts';

export interface OpenAiOptions extends Provider {
  /** Up to and with the version: https://api.openai.com/v1, http://localhost:11434/v1. */
  readonly baseUrl: string;
  readonly model: string;
  /** How the key is shown; none for a model on one's own machine. */
  readonly headers: Readonly<Record<string, string>>;
  /** Reasoning models take none. */
  readonly temperature?: number;
  readonly timeoutSeconds: number;
  readonly log: Log;
}

/** https://platform.openai.com/docs/api-reference/chat/object, as far as it is read. */
const Completion = z.object({
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
      }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: z.number().default(0), completion_tokens: z.number().default(0) }).nullish(),
});

function answerOf<T>(shape: Shape<T>, json: unknown, title: string): ModelAnswer<T> {
  const completion = Completion.safeParse(json);
  const choice = completion.data?.choices[0];
  if (!choice) return failed('Garbage', `${title} answered without a choice`);
  if (choice.message.refusal) return failed('Refused', `${title} refused: ${choice.message.refusal.slice(0, 300)}`);
  if (choice.finish_reason === 'content_filter') return failed('Refused', `${title} stopped with content_filter`);
  const parsed = parse(shape, choice.message.content ?? '');
  if (!parsed.ok) return failed('Garbage', parsed.message);
  return {
    ok: true,
    value: parsed.value,
    inputTokens: completion.data?.usage?.prompt_tokens ?? 0,
    outputTokens: completion.data?.usage?.completion_tokens ?? 0,
  };
}

/**
 * A model behind the chat completions API, which OpenAI, Azure, Bedrock, Ollama, RamaLama and vLLM speak; the answer is
 * held to the schema by `response_format` (https://platform.openai.com/docs/guides/structured-outputs).
 */
export function createOpenAi(options: OpenAiOptions): Model {
  const { baseUrl, model, headers, temperature, timeoutSeconds, log, title } = options;
  const url = `${baseUrl.replace(/\/+$/, '')}/chat/completions`;
  return modelThat(model, async (shape, { system, user }) => {
    const messages = [
      { role: 'system', content: system },
      { role: 'user', content: user },
    ];
    const response_format = {
      type: 'json_schema',
      json_schema: { name: shape.name, strict: true, schema: strict(shape.schema) },
    };
    const body = { model, messages, response_format, ...(temperature !== undefined && { temperature }) };
    const posted = await post({ url, headers, body, timeoutSeconds }, options);
    const answer = posted.ok ? answerOf(shape, posted.json, title) : posted;
    if (!answer.ok) log.debug({ module: 'llm', model, reason: answer.reason }, answer.message);
    return answer;
  });
}
