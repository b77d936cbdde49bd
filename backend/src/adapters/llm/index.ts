export { createGemini, type GeminiOptions } from './gemini.ts';
