import { act, renderHook } from '@testing-library/react';
import { RequestFailed } from './failure';
import { useAnswer } from './useAnswer';

const failed = (kind: 'Unreachable' | 'Permission') =>
  new RequestFailed({ kind, status: 0, reason: '', message: kind });
const flush = (ms = 0) => act(() => jest.advanceTimersByTimeAsync(ms));
const setVisibility = (state: string) =>
  Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });

beforeEach(() => jest.useFakeTimers());
afterEach(() => {
  setVisibility('visible');
  jest.useRealTimers();
});

describe('useAnswer', () => {
  it('asks again at its pace, never faster than every ten seconds, and not while hidden', async () => {
    const ask = jest.fn().mockResolvedValue(1);
    const { result } = renderHook(() => useAnswer('a', ask, 1));
    expect(result.current.answer).toEqual({ state: 'Loading' });
    await flush();
    expect(result.current.answer).toEqual({ state: 'Ready', value: 1 });
    await flush(9_000);
    expect(ask).toHaveBeenCalledTimes(1);
    await flush(1_000);
    expect(ask).toHaveBeenCalledTimes(2);
    setVisibility('hidden');
    await flush(60_000);
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('keeps the old answer while the backend is away, and says so', async () => {
    const ask = jest.fn().mockResolvedValueOnce(1).mockRejectedValue(failed('Unreachable'));
    const { result } = renderHook(() => useAnswer('a', ask, 10));
    await flush();
    await flush(10_000);
    expect(result.current.answer).toMatchObject({ state: 'Ready', value: 1, failure: { kind: 'Unreachable' } });
  });

  it('takes the answer away from one who may not see it any more', async () => {
    const ask = jest.fn().mockResolvedValueOnce(1).mockRejectedValue(failed('Permission'));
    const { result } = renderHook(() => useAnswer('a', ask, 10));
    await flush();
    await flush(10_000);
    expect(result.current.answer).toMatchObject({ state: 'Failed', failure: { kind: 'Permission' } });
  });

  it('moves nothing under an open dialog, and goes on when it is closed', async () => {
    const ask = jest.fn().mockResolvedValue(1);
    renderHook(() => useAnswer('a', ask, 10));
    await flush();
    const dialog = document.body.appendChild(document.createElement('div'));
    dialog.setAttribute('role', 'dialog');
    await flush(60_000);
    expect(ask).toHaveBeenCalledTimes(1);
    dialog.remove();
    await flush(10_000);
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('shows the old answer until the one of a later range is there', async () => {
    const ask = jest.fn().mockResolvedValueOnce(1).mockResolvedValueOnce(2);
    const { result, rerender } = renderHook(({ of }) => useAnswer('a', ask, 0, of), { initialProps: { of: '10:00' } });
    await flush();
    rerender({ of: '10:01' });
    expect(result.current.answer).toEqual({ state: 'Ready', value: 1 });
    await flush();
    expect(result.current.answer).toEqual({ state: 'Ready', value: 2 });
  });

  it('does not show the answer to another question', async () => {
    const ask = jest.fn().mockResolvedValueOnce(1).mockResolvedValueOnce(2);
    const { result, rerender } = renderHook(({ key }) => useAnswer(key, ask, 0), { initialProps: { key: 'a' } });
    await flush();
    rerender({ key: 'b' });
    expect(result.current.answer).toEqual({ state: 'Loading' });
    await flush();
    expect(result.current.answer).toEqual({ state: 'Ready', value: 2 });
  });
});
