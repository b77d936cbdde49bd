/**
 * Grafana's services for component tests: requests are answered by path from what a test lays out, and are kept. Use it as
 * `jest.mock('@grafana/runtime', () => jest.requireActual('../../tests/runtime').runtime())`.
 */
import { NEVER, of, throwError, type Observable } from 'rxjs';

export interface Sent {
  readonly url: string;
  readonly method: string;
  readonly data?: unknown;
}
/** An answer that is not ok. */
export class Refusal {
  readonly status: number;
  readonly data: object;
  constructor(status: number, data: object = {}) {
    this.status = status;
    this.data = data;
  }
}
/** An answer that does not come. */
export class Pending {}
type Answers = Readonly<Record<string, unknown>>;

const state: { answers: Answers; sent: Sent[]; proxy: number } = { answers: {}, sent: [], proxy: 0 };
const user = { orgRole: 'Admin', isGrafanaAdmin: false };

/** Path below the proxy → its answer (a Refusal: not ok; Pending: never). A path without one answers 404. */
export function answer(answers: Answers, role = 'Admin'): void {
  state.answers = answers;
  state.sent = [];
  // Clients are kept per address: a new one forgets what the last test was told.
  state.proxy += 1;
  user.orgRole = role;
}
export const also = (answers: Answers): void => void (state.answers = { ...state.answers, ...answers });
export const posts = (): ReadonlyArray<readonly [string, unknown]> =>
  state.sent.filter(({ method }) => method === 'POST').map(({ url, data }) => [pathOf(url), data]);

export const asked = (): readonly string[] => state.sent.map(({ url }) => url);

const pathOf = (url: string): string => url.replace(/^\/proxy\d+\//, '').replace(/\?.*$/, '');

function fetch(request: Sent): Observable<unknown> {
  state.sent.push(request);
  const found = state.answers[pathOf(request.url)] ?? new Refusal(404);
  if (found instanceof Pending) {
    return NEVER;
  }
  return found instanceof Refusal
    ? throwError(() => found)
    : of({ data: found, status: 200, ok: true, headers: new Headers() });
}

export const runtime = () => ({
  ...jest.requireActual('@grafana/runtime'),
  config: { ...jest.requireActual('@grafana/runtime').config, bootData: { user } },
  getBackendSrv: () => ({ fetch }),
  getTemplateSrv: () => ({ replace: (text: string) => text }),
  getDataSourceSrv: () => ({ getList: () => [{ uid: 'kw', name: 'KubeWise', url: `/proxy${state.proxy}` }] }),
});
