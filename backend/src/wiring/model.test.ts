import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../config.ts';
import { modelOf } from './index.ts';

let server: Server;
let url: string;
let asked: { path: string; key: string; model: unknown } | undefined;
beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { authorization, 'api-key': azure, 'x-api-key': anthropic, 'x-goog-api-key': google } = request.headers;
      const key = [authorization, azure, anthropic, google].find((one) => one !== undefined);
      const { model } = JSON.parse(text) as { model?: unknown };
      asked = { path: request.url ?? '', key: String(key ?? ''), model };
      response.writeHead(503).end('{}');
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const warnings: string[] = [];
const quiet = (): void => undefined;
const log = { debug: quiet, info: quiet, warn: (_: object, said: string) => void warnings.push(said), error: quiet };
const open = (env: Readonly<Record<string, string>>) => modelOf(loadConfig(env).config, log);

test.each([
  ['Gemini', { GEMINI_API_KEY: 'g' }, 'GEMINI_BASE_URL', '', ['/v1beta/models/gemini-2.0-flash:generateContent', 'g']],
  ['openai', { OPENAI_API_KEY: 'o', LLM_MODEL: 'm' }, 'OPENAI_BASE_URL', '/v1', ['/v1/chat/completions', 'Bearer o']],
  ['azure', { OPENAI_API_KEY: 'a', LLM_MODEL: 'm' }, 'OPENAI_BASE_URL', '/x/v1', ['/x/v1/chat/completions', 'a']],
  ['bedrock', { OPENAI_API_KEY: 'b', LLM_MODEL: 'm' }, 'OPENAI_BASE_URL', '/v1', ['/v1/chat/completions', 'Bearer b']],
  ['anthropic', { ANTHROPIC_API_KEY: 'c', LLM_MODEL: 'm' }, 'ANTHROPIC_BASE_URL', '', ['/v1/messages', 'c']],
  ['ollama', { HOLMES_DEFAULT_MODEL: 'm' }, 'OLLAMA_BASE_URL', '/', ['/v1/chat/completions', '']],
  ['ramalama', { LLM_MODEL: 'm' }, 'OPENAI_BASE_URL', '/v1', ['/v1/chat/completions', '']],
])('%s is asked at its address, with its key and model', async (provider, env, address, path, [at, key]) => {
  asked = undefined;
  const model = open({ ...env, HOLMES_LLM_PROVIDER: provider, [address]: url + path });
  expect(await model?.complete({ system: '', user: '' })).toMatchObject({ ok: false, reason: 'Unavailable' });
  expect(asked).toMatchObject({ path: at, key });
  if (provider !== 'Gemini') expect(asked).toMatchObject({ model: 'm' });
});

test.each([
  [{}, 'Gemini service disabled: GEMINI_API_KEY not set'],
  [{ LLM_PROVIDER: 'openai' }, 'no model plans: LLM_PROVIDER=openai needs LLM_MODEL and OPENAI_API_KEY'],
  [{ LLM_PROVIDER: 'azure', OPENAI_API_KEY: 'k', LLM_MODEL: 'm' }, 'LLM_PROVIDER=azure needs OPENAI_BASE_URL'],
  [{ LLM_PROVIDER: 'anthropic', LLM_MODEL: 'm' }, 'LLM_PROVIDER=anthropic needs ANTHROPIC_API_KEY'],
  [{ LLM_PROVIDER: 'ollama' }, 'LLM_PROVIDER=ollama needs LLM_MODEL'],
  [{ OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'k', LLM_MODEL: 'm' }, 'Gemini service disabled'],
])('%j: the rules plan alone, and the log says what is missing', (env, said) => {
  warnings.length = 0;
  expect(open(env)).toBeUndefined();
  expect(warnings).toEqual([expect.stringContaining(said)]);
});
