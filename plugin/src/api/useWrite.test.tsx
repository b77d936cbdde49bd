import { act, renderHook } from '@testing-library/react';
import { RequestFailed } from './failure';
import { useWrite } from './useWrite';

const show = () => renderHook(() => useWrite()).result;

describe('useWrite', () => {
  it('writes once however often it is clicked while the answer is on its way', async () => {
    const hook = show();
    let answer = (_text: string): void => undefined;
    const write = jest.fn(() => new Promise<string>((resolve) => (answer = resolve)));
    act(() => {
      void hook.current.run(write);
      void hook.current.run(write);
    });
    expect(hook.current.busy).toBe(true);
    await act(async () => answer('Muted.'));
    expect(write).toHaveBeenCalledTimes(1);
    expect(hook.current).toMatchObject({ busy: false, said: { failed: false, text: 'Muted.' } });
    act(() => void hook.current.run(write));
    expect(write).toHaveBeenCalledTimes(2);
  });

  it('says why it was not done, until it is dismissed', async () => {
    const hook = show();
    const refused = new RequestFailed({ kind: 'Permission', status: 403, reason: '', message: 'An Editor may.' });
    await act(() => hook.current.run(() => Promise.reject(refused)));
    expect(hook.current.said).toEqual({ failed: true, text: 'An Editor may.' });
    act(() => hook.current.dismiss());
    expect(hook.current.said).toBeUndefined();
  });

  it('says nothing where the page itself tells it', async () => {
    const hook = show();
    await act(() => hook.current.run(() => Promise.resolve('')));
    expect(hook.current.said).toBeUndefined();
  });
});
