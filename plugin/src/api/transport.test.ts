import { NEVER, of, Subject, throwError, type Observable } from 'rxjs';
import { createTransport } from './transport';

const fetch = jest.fn<Observable<unknown>, [Record<string, unknown>]>();
jest.mock('@grafana/runtime', () => ({ getBackendSrv: () => ({ fetch }) }));

const answer = (data: unknown, etag?: string) => ({
  data,
  status: 200,
  ok: true,
  headers: new Headers(etag ? { etag } : {}),
});
const sent = (call: number) => fetch.mock.calls[call]?.[0];

beforeEach(() => fetch.mockReset());

describe('createTransport', () => {
  it('makes one request of identical reads in flight, and another one later', async () => {
    const first = new Subject<unknown>();
    fetch.mockReturnValueOnce(first).mockReturnValueOnce(of(answer({ n: 2 })));
    const { get } = createTransport('/proxy');
    const both = Promise.all([get('api/plans'), get('api/plans')]);
    first.next(answer({ n: 1 }));
    first.complete();
    expect(await both).toEqual([{ n: 1 }, { n: 1 }]);
    expect(fetch).toHaveBeenCalledTimes(1);
    expect(await get('api/plans')).toEqual({ n: 2 });
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  it('sends the etag back and gives the old answer when nothing changed', async () => {
    fetch
      .mockReturnValueOnce(of(answer({ items: [1] }, '"a"')))
      .mockReturnValueOnce(throwError(() => ({ status: 304, data: undefined })));
    const { get } = createTransport('/proxy');
    await get('api/incidents');
    expect(await get('api/incidents')).toEqual({ items: [1] });
    expect(sent(1)?.headers).toEqual({ 'If-None-Match': '"a"' });
  });

  it('after a write asks anew, past the cache of the browser and past reads that began before', async () => {
    fetch
      .mockReturnValueOnce(of(answer({ n: 1 }, '"a"')))
      .mockReturnValueOnce(NEVER)
      .mockReturnValueOnce(of(answer({})))
      .mockReturnValueOnce(of(answer({ n: 2 }, '"b"')));
    const { get, post } = createTransport('/proxy');
    await get('api/mutes');
    void get('api/mutes');
    await post('mutes', { why: 'x' });
    expect(await get('api/mutes')).toEqual({ n: 2 });
    expect(sent(3)?.headers).toEqual({ 'If-None-Match': '"a"' });
  });

  it('writes JSON and leaves out empty parameters', async () => {
    fetch.mockReturnValue(of(answer({})));
    const { get, post } = createTransport('/proxy');
    await get('api/incidents', { q: '', open: true, severity: undefined, name: 'a b' });
    await post('feedback', { verdict: 'TruePositive' });
    expect(sent(0)?.url).toBe('/proxy/api/incidents?open=true&name=a+b');
    expect(sent(1)).toMatchObject({
      method: 'POST',
      url: '/proxy/feedback',
      data: { verdict: 'TruePositive' },
      headers: { 'Content-Type': 'application/json' },
      showErrorAlert: false,
    });
  });

  it('rejects with what the failure means, and asks again the next time', async () => {
    fetch.mockReturnValueOnce(throwError(() => ({ status: 502, data: {} }))).mockReturnValueOnce(of(answer({ n: 1 })));
    const { get } = createTransport('/proxy');
    await expect(get('api/plans')).rejects.toMatchObject({ failure: { kind: 'Unreachable' } });
    expect(await get('api/plans')).toEqual({ n: 1 });
  });
});
