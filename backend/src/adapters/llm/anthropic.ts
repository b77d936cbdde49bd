import { z } from 'zod';
import type { Log, Model, ModelAnswer } from '../../pipeline/ports.ts';
import { failed } from './failure.ts';
import { post } from './post.ts';
import { proposalOf, strictSchema } from './wire.ts';

export interface AnthropicOptions {
  readonly apiKey: string;
  readonly model: string;
  /** Of a proxy or a test; default: Anthropic's. */
  readonly baseUrl?: string;
  readonly timeoutSeconds: number;
  readonly log: Log;
}

const provider = { title: 'Anthropic', settings: 'ANTHROPIC_API_KEY and LLM_MODEL' };
/** The one tool it may use, and must: its input is the plan. */
const tool = { name: 'propose_plan', description: 'Propose the plan.', input_schema: strictSchema };
const maxTokens = 4096;

/** https://docs.anthropic.com/en/api/messages, as far as it is read. */
const Message = z.object({
  content: z.array(z.looseObject({ type: z.string(), input: z.unknown().optional(), text: z.string().optional() })),
  stop_reason: z.string().nullish(),
  usage: z.object({ input_tokens: z.number().default(0), output_tokens: z.number().default(0) }).nullish(),
});

function answerOf(json: unknown): ModelAnswer {
  const message = Message.safeParse(json).data;
  if (!message) return failed('Garbage', 'Anthropic answered without a message');
  if (message.stop_reason === 'refusal') return failed('Refused', 'Anthropic stopped with refusal');
  const call = message.content.find((block) => block.type === 'tool_use');
  const said = call ? JSON.stringify(call.input) : message.content.map((block) => block.text ?? '').join('');
  const parsed = proposalOf(said);
  if (!parsed.ok) return failed('Garbage', parsed.message);
  return {
    ok: true,
    proposal: parsed.proposal,
    inputTokens: message.usage?.input_tokens ?? 0,
    outputTokens: message.usage?.output_tokens ?? 0,
  };
}

/** Claude as a planner, held to the schema by the one tool that it is made to use. */
export function createAnthropic(options: AnthropicOptions): Model {
  const { apiKey, model, timeoutSeconds, log } = options;
  const url = `${(options.baseUrl ?? 'https://api.anthropic.com').replace(/\/+$/, '')}/v1/messages`;
  const headers = { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' };
  return {
    name: model,
    async complete({ system, user }) {
      const body = {
        ...{ model, system, max_tokens: maxTokens, messages: [{ role: 'user', content: user }] },
        ...{ tools: [tool], tool_choice: { type: 'tool', name: tool.name } },
      };
      const posted = await post({ url, headers, body, timeoutSeconds }, provider);
      const answer = posted.ok ? answerOf(posted.json) : posted;
      if (!answer.ok) log.debug({ module: 'llm', model, reason: answer.reason }, answer.message);
      return answer;
    },
  };
}
