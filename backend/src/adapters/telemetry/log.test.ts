import { describe, expect, it } from 'vitest';
import { createLog, withoutSecrets } from './index.ts';

function written(act: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  act(createLog({ level: 'info', format: 'json', to: { write: (line: string) => void lines.push(line) } }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the log', () => {
  it('writes one JSON object per line with level, time and fields', () => {
    const [line] = written((log) => log.info({ module: 'poll', 'k8s.namespace.name': 'shop' }, 'polled'));
    expect(line).toMatchObject({ level: 'info', module: 'poll', 'k8s.namespace.name': 'shop', msg: 'polled' });
    expect(String(line?.['time'])).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it('keeps quiet below its level until the level changes', () => {
    const lines = written((log) => {
      log.debug({}, 'unheard');
      log.setLevel('debug');
      log.debug({}, 'heard');
    });
    expect(lines.map((line) => line['msg'])).toEqual(['heard']);
  });

  it('names errors as OpenTelemetry does, with their cause', () => {
    const error = new TypeError('no answer', { cause: new Error('connection refused') });
    const [line] = written((log) => log.error({ error }, 'the poll failed'));
    expect(line).toMatchObject({ 'error.type': 'TypeError' });
    expect(line?.['error.message']).toBe('no answer; because connection refused');
  });

  it('never shows a secret, in a field or in a sentence', () => {
    const lines = written((log) => {
      log.info({ token: 'abcdefghijk', deeper: { password: 'hunter2' } }, 'with fields');
      log.warn({ url: 'mongodb://me:hunter2@db/x' }, 'GET https://x/?key=hunter2 with Bearer hunter2hunter2 failed');
    });
    expect(JSON.stringify(lines)).not.toMatch(/hunter2|abcdefghijk/);
    expect(withoutSecrets('nothing to hide')).toBe('nothing to hide');
  });
});
