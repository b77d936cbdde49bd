import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGemini } from './index.ts';

/** Speaks generateContent of https://ai.google.dev/api/generate-content; each test says what it answers. */
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
        response.end(JSON.stringify(body));
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

const warnings: string[] = [];
const quiet = (): void => undefined;
const log = {
  ...{ debug: quiet, info: quiet, error: quiet },
  warn: (fields: object, message: string) => void warnings.push(JSON.stringify(fields) + message),
};
const apiKey = 'AIza-secret-of-the-test';
function complete(answer: Said) {
  said = answer;
  const gemini = createGemini({ apiKey, model: 'gemini-2.0-flash', timeoutSeconds: 0.3, baseUrl, log });
  return gemini.complete({ system: 'You plan.', user: 'web crashes' });
}
const candidate = (text: string, finishReason = 'STOP') => ({
  candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason, index: 0 }],
  usageMetadata: { promptTokenCount: 120, candidatesTokenCount: 30, totalTokenCount: 150 },
});
const pairs = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([name, value]) => ({ name, value }));
const plan = (action: string, params: Readonly<Record<string, string>>) =>
  JSON.stringify({ reasoning: 'Load.', steps: [{ id: 'scale', action, params: pairs(params) }], priority: 'high' });
const scaling = plan('scale_deployment', { name: 'web', ns: 'shop', replicas: '3' });
const apiError = (code: number, status: string) => ({ status: code, body: { error: { code, status, message: 'no' } } });

describe('Gemini', () => {
  test('is asked with the instruction, the schema and the key in a header; its proposal is parsed', async () => {
    const answer = await complete({ body: candidate(scaling) });
    expect(answer).toMatchObject({ ok: true, inputTokens: 120, outputTokens: 30 });
    expect(answer.ok && answer.proposal.steps[0]?.action).toMatchObject({ name: 'scale_deployment' });
    expect(asked.url).toBe('/v1beta/models/gemini-2.0-flash:generateContent');
    expect(asked.headers['x-goog-api-key']).toBe(apiKey);
    expect(asked.body['systemInstruction']).toMatchObject({ parts: [{ text: 'You plan.' }] });
    expect(asked.body['generationConfig']).toMatchObject({
      responseMimeType: 'application/json',
      responseSchema: { required: ['reasoning', 'steps'] },
    });
  });

  test('may put its JSON into a fence', async () => {
    const fenced = '```json\n' + scaling + '\n```';
    expect(await complete({ body: candidate(fenced) })).toMatchObject({ ok: true });
  });

  test.each([
    ['prose', 'I would scale it.'],
    ['half an answer', scaling.slice(0, 40)],
    ['an unknown action', plan('delete_everything', { name: 'web' })],
    ['no steps', JSON.stringify({ reasoning: 'Nothing.', steps: [] })],
  ])('that says %s said garbage', async (_what, text) => {
    expect(await complete({ body: candidate(text) })).toMatchObject({ ok: false, reason: 'Garbage' });
  });

  test('that blocks the prompt or stops for safety refused', async () => {
    const blocked = { promptFeedback: { blockReason: 'SAFETY' } };
    expect(await complete({ body: blocked })).toMatchObject({ ok: false, reason: 'Refused' });
    expect(await complete({ body: candidate('', 'SAFETY') })).toMatchObject({ ok: false, reason: 'Refused' });
  });

  test.each([
    [apiError(429, 'RESOURCE_EXHAUSTED'), 'RateLimited'],
    [apiError(400, 'INVALID_ARGUMENT'), 'NotConfigured'],
    [apiError(403, 'PERMISSION_DENIED'), 'NotConfigured'],
    [apiError(404, 'NOT_FOUND'), 'NotConfigured'],
    [apiError(503, 'UNAVAILABLE'), 'Unavailable'],
    [apiError(504, 'DEADLINE_EXCEEDED'), 'Timeout'],
    [{ body: candidate(scaling), delay: 1000 }, 'Timeout'],
  ])('failure %# has its word', async (answer, reason) => {
    expect(await complete(answer)).toMatchObject({ ok: false, reason });
  });

  test('is never logged with its key', () => {
    expect(warnings.length).toBeGreaterThan(5);
    expect(warnings.join('\n')).not.toContain(apiKey);
  });

  test('that cannot be reached is unavailable', async () => {
    const gone = createGemini({ apiKey, model: 'm', timeoutSeconds: 1, baseUrl: 'http://127.0.0.1:9', log });
    expect(await gone.complete({ system: '', user: '' })).toMatchObject({ ok: false, reason: 'Unavailable' });
  });
});
