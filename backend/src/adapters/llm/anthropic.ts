import { z } from 'zod';
import type { Log, Model, ModelAnswer } from '../../pipeline/ports.ts';
import { failed } from './failure.ts';
import { post } from './post.ts';
import { modelThat, parse, strict, type Shape } from './wire.ts';

export interface AnthropicOptions {
  readonly apiKey: string;
  readonly model: string;
  /** Of a proxy or a test; default: Anthropic's. */
  readonly baseUrl?: string;
  readonly timeoutSeconds: number;
  readonly log: Log;
}

const provider = { title: 'Anthropic', settings: 'ANTHROPIC_API_KEY and LLM_MODEL' };
const maxTokens = 4096;

/** https://docs.anthropic.com/en/api/messages, as far as it is read. */
const Message = z.object({
  content: z.array(z.looseObject({ type: z.string(), input: z.unknown().optional(), text: z.string().optional() })),
  stop_reason: z.string().nullish(),
  usage: z.object({ input_tokens: z.number().default(0), output_tokens: z.number().default(0) }).nullish(),
});

function answerOf<T>(shape: Shape<T>, json: unknown): ModelAnswer<T> {
  const message = Message.safeParse(json).data;
  if (!message) return failed('Garbage', 'Anthropic answered without a message');
  if (message.stop_reason === 'refusal') return failed('Refused', 'Anthropic stopped with refusal');
  const call = message.content.find((block) => block.type === 'tool_use');
  const said = call ? JSON.stringify(call.input) : message.content.map((block) => block.text ?? '').join('');
  const parsed = parse(shape, said);
  if (!parsed.ok) return failed('Garbage', parsed.message);
  return {
    ok: true,
    value: parsed.value,
    inputTokens: message.usage?.input_tokens ?? 0,
    outputTokens: message.usage?.output_tokens ?? 0,
  };
}

/** Claude, held to the schema by the one tool that it may use, and must: the tool's input is the answer. */
export function createAnthropic(options: AnthropicOptions): Model {
  const { apiKey, model, timeoutSeconds, log } = options;
  const url = `${(options.baseUrl ?? 'https://api.anthropic.com').replace(/\/+$/, '')}/v1/messages`;
  const headers = { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' };
  return modelThat(model, async (shape, { system, user }) => {
    const tool = { name: shape.name, description: shape.about, input_schema: strict(shape.schema) };
    const body = {
      ...{ model, system, max_tokens: maxTokens, messages: [{ role: 'user', content: user }] },
      ...{ tools: [tool], tool_choice: { type: 'tool', name: tool.name } },
    };
    const posted = await post({ url, headers, body, timeoutSeconds }, provider);
    const answer = posted.ok ? answerOf(shape, posted.json) : posted;
    if (!answer.ok) log.debug({ module: 'llm', model, reason: answer.reason }, answer.message);
    return answer;
  });
}
