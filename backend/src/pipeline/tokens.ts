import type { Model, ModelAnswer, Recorder } from './ports.ts';

/** What an answer cost, for `kubewise_model_tokens_total`. */
export function countTokens(recorder: Recorder, { name }: Model, answer: ModelAnswer<unknown> & { ok: true }): void {
  recorder.count('kubewise_model_tokens_total', { model: name, direction: 'input' }, answer.inputTokens);
  recorder.count('kubewise_model_tokens_total', { model: name, direction: 'output' }, answer.outputTokens);
}
