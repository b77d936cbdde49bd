export { createAnthropic, type AnthropicOptions } from './anthropic.ts';
export { createGemini, type GeminiOptions } from './gemini.ts';
export { createOpenAi, type OpenAiOptions } from './openai.ts';
