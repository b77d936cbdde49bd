import { createAnthropic, createGemini, createOpenAi } from '../adapters/llm/index.ts';
import type { Config } from '../config.ts';
import type { Log, Model } from '../pipeline/ports.ts';

type Opened = { readonly model: Model } | { readonly missing: string };

function geminiOf(config: Config, log: Log): Opened {
  const { GEMINI_API_KEY: apiKey, GEMINI_BASE_URL: baseUrl, LLM_TIMEOUT: timeoutSeconds } = config;
  if (!apiKey) return { missing: 'Gemini service disabled: GEMINI_API_KEY not set' };
  const model = config.LLM_MODEL ?? config.GEMINI_MODEL;
  return { model: createGemini({ apiKey, model, timeoutSeconds, ...(baseUrl && { baseUrl }), log }) };
}

function anthropicOf(config: Config, log: Log): Opened {
  const { ANTHROPIC_API_KEY: apiKey, ANTHROPIC_BASE_URL: baseUrl, LLM_MODEL: model } = config;
  if (!apiKey || !model) return { missing: needs('anthropic', { ANTHROPIC_API_KEY: apiKey, LLM_MODEL: model }) };
  return {
    model: createAnthropic({ apiKey, model, timeoutSeconds: config.LLM_TIMEOUT, ...(baseUrl && { baseUrl }), log }),
  };
}

const needs = (provider: string, settings: Readonly<Record<string, string | undefined>>): string =>
  `no model plans: LLM_PROVIDER=${provider} needs ${Object.keys(settings)
    .filter((name) => !settings[name])
    .join(' and ')}`;

type ChatProvider = Exclude<NonNullable<Config['LLM_PROVIDER']>, 'gemini' | 'anthropic'>;
interface Chat {
  readonly title: string;
  readonly baseUrl: string | undefined;
  /** How the key is shown; a model on one's own machine asks for none. */
  readonly header?: (key: string) => Readonly<Record<string, string>>;
  readonly temperature?: number;
}
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** One row per system that speaks the chat completions API. */
const chats: Readonly<Record<ChatProvider, (config: Config) => Chat>> = {
  openai: ({ OPENAI_BASE_URL: url }) => ({
    title: 'OpenAI',
    baseUrl: url ?? 'https://api.openai.com/v1',
    header: bearer,
  }),
  // https://learn.microsoft.com/azure/ai-services/openai/reference: a resource's own address, and its own header.
  azure: ({ OPENAI_BASE_URL: baseUrl }) => ({ title: 'Azure OpenAI', baseUrl, header: (key) => ({ 'api-key': key }) }),
  bedrock: ({ OPENAI_BASE_URL: baseUrl }) => ({ title: 'Bedrock', baseUrl, header: bearer }),
  ollama: ({ OLLAMA_BASE_URL: url }) => ({
    title: 'Ollama',
    baseUrl: `${url.replace(/\/+$/, '')}/v1`,
    temperature: 0,
  }),
  ramalama: ({ OPENAI_BASE_URL: url }) => ({
    title: 'RamaLama',
    baseUrl: url ?? 'http://localhost:8080/v1',
    temperature: 0,
  }),
};

function chatOf(provider: ChatProvider, config: Config, log: Log): Opened {
  const { title, baseUrl, header, temperature } = chats[provider](config);
  const { LLM_MODEL: model, OPENAI_API_KEY: key, LLM_TIMEOUT: timeoutSeconds } = config;
  if (!model || !baseUrl || (header && !key))
    return {
      missing: needs(provider, {
        LLM_MODEL: model,
        OPENAI_BASE_URL: baseUrl,
        ...(header && { OPENAI_API_KEY: key }),
      }),
    };
  const settings = header ? 'OPENAI_API_KEY, OPENAI_BASE_URL and LLM_MODEL' : 'its address and LLM_MODEL';
  const headers = header && key ? header(key) : {};
  return {
    model: createOpenAi({
      ...{ title, settings, baseUrl, model, headers, timeoutSeconds, log },
      ...(temperature !== undefined && { temperature }),
    }),
  };
}

function opened(config: Config, log: Log): Opened {
  const provider = config.LLM_PROVIDER ?? 'gemini';
  if (provider === 'gemini') return geminiOf(config, log);
  return provider === 'anthropic' ? anthropicOf(config, log) : chatOf(provider, config, log);
}

/**
 * The model that the settings name. What is missing is said and never stops the service: the rules plan alone. No other
 * provider than Gemini is chosen by a key that happens to lie in the environment: incidents would go to strangers.
 */
export function modelOf(config: Config, log: Log): Model | undefined {
  const found = opened(config, log);
  if ('missing' in found) log.warn({ module: 'llm' }, found.missing);
  return 'model' in found ? found.model : undefined;
}
