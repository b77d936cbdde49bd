import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Model } from '../../pipeline/ports.ts';
import { createAnthropic, createGemini, createOpenAi } from './index.ts';

/** Speaks whichever API is asked; each test says what it answers. */
interface Said {
  readonly status?: number;
  readonly body: unknown;
  readonly delay?: number;
}
let said: Said;
let asked: { url: string; headers: IncomingHttpHeaders; body: Record<string, unknown> };
let server: Server;
let baseUrl: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      asked = { url: request.url ?? '', headers: request.headers, body: JSON.parse(text) as Record<string, unknown> };
      const { status = 200, body, delay = 0 } = said;
      const answer = (): void => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      };
      setTimeout(answer, delay);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const lines: string[] = [];
const say = (fields: object, message: string): void => void lines.push(JSON.stringify(fields) + message);
const log = { debug: say, info: say, warn: say, error: say };
const key = 'AIza-secret-of-the-test';
const pairs = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([name, value]) => ({ name, value }));
const plan = (action: string, params: Readonly<Record<string, string>>) =>
  JSON.stringify({ reasoning: 'Load.', steps: [{ id: 'scale', action, params: pairs(params) }], priority: 'high' });
const scaling = plan('scale_deployment', { name: 'web', ns: 'shop', replicas: '3' });

/** One row per API: how it is opened, asked, and how it says things. */
interface Api {
  readonly open: (baseUrl: string, timeoutSeconds: number) => Model;
  readonly path: string;
  readonly header: readonly [string, string];
  readonly body: Readonly<Record<string, unknown>>;
  readonly says: (text: string, stopped?: string) => unknown;
  readonly error: (status: number) => unknown;
  readonly refusals: readonly (readonly [string, Said])[];
}
const usage = { input: 120, output: 30 };

const gemini: Api = {
  open: (url, timeoutSeconds) => createGemini({ apiKey: key, model: 'a-model', timeoutSeconds, baseUrl: url, log }),
  path: '/v1beta/models/a-model:generateContent',
  header: ['x-goog-api-key', key],
  body: {
    systemInstruction: { parts: [{ text: 'You plan.' }] },
    generationConfig: { responseMimeType: 'application/json', responseSchema: { required: ['reasoning', 'steps'] } },
  },
  says: (text, finishReason = 'STOP') => ({
    candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason, index: 0 }],
    usageMetadata: { promptTokenCount: usage.input, candidatesTokenCount: usage.output },
  }),
  error: (code) => ({ error: { code, status: 'NO', message: 'no' } }),
  refusals: [
    ['blocks the prompt', { body: { promptFeedback: { blockReason: 'SAFETY' } } }],
    ['stops for safety', { body: { candidates: [{ content: { parts: [] }, finishReason: 'SAFETY' }] } }],
  ],
};

const completion = (message: object, finish_reason = 'stop') => ({
  ...{ id: 'chatcmpl-1', object: 'chat.completion', choices: [{ index: 0, message, finish_reason }] },
  usage: { prompt_tokens: usage.input, completion_tokens: usage.output, total_tokens: 150 },
});
const openAi: Api = {
  open: (url, timeoutSeconds) =>
    createOpenAi({
      ...{ baseUrl: `${url}/v1/`, model: 'a-model', headers: { authorization: `Bearer ${key}` } },
      ...{ title: 'OpenAI', settings: 'OPENAI_API_KEY and LLM_MODEL', timeoutSeconds, log },
    }),
  path: '/v1/chat/completions',
  header: ['authorization', `Bearer ${key}`],
  body: {
    model: 'a-model',
    messages: [{ role: 'system', content: 'You plan.' }, { role: 'user' }],
    response_format: {
      type: 'json_schema',
      json_schema: {
        strict: true,
        schema: { additionalProperties: false, required: expect.arrayContaining(['steps']) },
      },
    },
  },
  says: (content) => completion({ role: 'assistant', content }),
  error: (status) => ({ error: { type: 'no', code: String(status), message: `no, ${key}` } }),
  refusals: [
    ['refuses', { body: completion({ role: 'assistant', content: null, refusal: 'I will not.' }) }],
    ['is filtered', { body: completion({ role: 'assistant', content: '' }, 'content_filter') }],
    ['filters the prompt', { status: 400, body: { error: { code: 'content_filter', message: 'policy' } } }],
  ],
};

const message = (content: readonly object[], stop_reason: string) => ({
  ...{ id: 'msg_1', type: 'message', role: 'assistant', content, stop_reason },
  usage: { input_tokens: usage.input, output_tokens: usage.output },
});
/** A tool call where the text is JSON, as the API would have it; else text. */
const block = (text: string): object => {
  try {
    return { type: 'tool_use', id: 'toolu_1', name: 'propose_plan', input: JSON.parse(text) as unknown };
  } catch {
    return { type: 'text', text };
  }
};
const anthropic: Api = {
  open: (url, timeoutSeconds) => createAnthropic({ apiKey: key, model: 'a-model', timeoutSeconds, baseUrl: url, log }),
  path: '/v1/messages',
  header: ['x-api-key', key],
  body: {
    ...{ model: 'a-model', system: 'You plan.', tool_choice: { type: 'tool', name: 'propose_plan' } },
    tools: [{ name: 'propose_plan', input_schema: { type: 'object' } }],
  },
  says: (text) => message([block(text)], 'tool_use'),
  error: (status) => ({ type: 'error', error: { type: `error_${status}`, message: 'no' } }),
  refusals: [['refuses', { body: message([], 'refusal') }]],
};

const apis = { Gemini: gemini, 'chat completions': openAi, Anthropic: anthropic };

describe.each(Object.entries(apis))('%s', (_name, api) => {
  const complete = (answer: Said, timeoutSeconds = 30) => {
    said = answer;
    return api.open(baseUrl, timeoutSeconds).complete({ system: 'You plan.', user: 'web crashes' });
  };

  test('is asked with the instruction, the schema and the key in a header; its proposal is parsed', async () => {
    const answer = await complete({ body: api.says(scaling) });
    expect(answer).toMatchObject({ ok: true, inputTokens: usage.input, outputTokens: usage.output });
    expect(answer.ok && answer.value.steps[0]?.action).toEqual({
      name: 'scale_deployment',
      params: { name: 'web', ns: 'shop', replicas: 3 },
    });
    expect(asked.url).toBe(api.path);
    expect(asked.headers[api.header[0]]).toBe(api.header[1]);
    expect(asked.body).toMatchObject(api.body);
    expect(JSON.stringify(asked.body)).toContain('web crashes');
  });

  test('says in words what it makes of an outcome, and nothing else', async () => {
    const review = (text: string) => {
      said = { body: api.says(text) };
      return api.open(baseUrl, 30).review({ system: 'You check.', user: 'errors 0.2 → 0' });
    };
    const opinion = { helped: true, comment: 'The errors are gone.' };
    expect(await review(JSON.stringify(opinion))).toMatchObject({ ok: true, value: opinion, inputTokens: usage.input });
    expect(JSON.stringify(asked.body)).toContain('helped');
    expect(JSON.stringify(asked.body)).not.toContain('scale_deployment');
    expect(await review(JSON.stringify({ helped: 'yes' }))).toMatchObject({ ok: false, reason: 'Garbage' });
    expect(await review(scaling)).toMatchObject({ ok: false, reason: 'Garbage' });
  });

  test('may put its JSON into a fence', async () => {
    const fenced = '```json\n' + scaling + '\n```';
    expect(await complete({ body: api.says(fenced) })).toMatchObject({ ok: true });
  });

  test.each([
    ['prose', 'I would scale it.'],
    ['nothing', ''],
    ['half an answer', scaling.slice(0, 40)],
    ['an unknown action', plan('delete_everything', { name: 'web' })],
    ['a parameter too much', plan('scale_deployment', { name: 'web', ns: 'shop', replicas: '3', image: 'evil' })],
    ['no steps', JSON.stringify({ reasoning: 'Nothing.', steps: [] })],
  ])('that says %s said garbage', async (_what, text) => {
    expect(await complete({ body: api.says(text) })).toMatchObject({ ok: false, reason: 'Garbage' });
  });

  test('whose answer has another shape said garbage', async () => {
    expect(await complete({ body: { hello: 'world' } })).toMatchObject({ ok: false, reason: 'Garbage' });
  });

  test.each(api.refusals)('that %s refused', async (_how, answer) => {
    expect(await complete(answer)).toMatchObject({ ok: false, reason: 'Refused' });
  });

  test.each([
    [429, 'RateLimited'],
    [400, 'NotConfigured'],
    [401, 'NotConfigured'],
    [403, 'NotConfigured'],
    [404, 'NotConfigured'],
    [500, 'Unavailable'],
    [503, 'Unavailable'],
    [529, 'Unavailable'],
    [504, 'Timeout'],
  ])('that answers %i: %s', async (status, reason) => {
    expect(await complete({ status, body: api.error(status) })).toMatchObject({ ok: false, reason });
  });

  test('that says nothing in time is timed out', async () => {
    const late = { body: api.says(scaling), delay: 1000 };
    expect(await complete(late, 0.3)).toMatchObject({ ok: false, reason: 'Timeout' });
  });

  test('that cannot be reached is unavailable', async () => {
    const gone = api.open('http://127.0.0.1:9', 1);
    expect(await gone.complete({ system: '', user: '' })).toMatchObject({ ok: false, reason: 'Unavailable' });
  });

  test('is never logged with its key', () => {
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.join('\n')).not.toContain(key);
  });
});

test('a server whose answer is no JSON said garbage', async () => {
  said = { body: '<html>a proxy</html>' };
  for (const api of [openAi, anthropic])
    expect(await api.open(baseUrl, 1).complete({ system: '', user: '' })).toMatchObject({ reason: 'Garbage' });
});
