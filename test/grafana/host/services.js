/* global window, fetch, Headers */
import { EventBusSrv } from '@grafana/data';
import {
  setAppEvents,
  setBackendSrv,
  setCurrentUser,
  setEchoSrv,
  setPluginComponentsHook,
  setPluginLinksHook,
  setTemplateSrv,
} from '@grafana/runtime';
import { lastValueFrom, Observable } from 'rxjs';

/** Grafana's fetch service: JSON in and out, an error for every answer that is not ok. Answers come from the proxy only. */
const backendSrv = {
  fetch: (options) =>
    new Observable((observer) => {
      void request(options).then(
        (answer) => {
          observer.next(answer);
          observer.complete();
        },
        (error) => observer.error(error),
      );
    }),
  get: (url, params) => data({ url, params, method: 'GET' }),
  post: (url, body) => data({ url, data: body, method: 'POST' }),
  put: (url, body) => data({ url, data: body, method: 'PUT' }),
  delete: (url) => data({ url, method: 'DELETE' }),
};
const data = async (options) => (await lastValueFrom(backendSrv.fetch(options))).data;

async function request(options) {
  const url = new URL(options.url, window.location.origin);
  for (const [name, value] of Object.entries(options.params ?? {})) url.searchParams.set(name, value);
  const body = options.data === undefined ? undefined : JSON.stringify(options.data);
  const response = await fetch(url, { method: options.method, headers: options.headers, body }).catch((error) => {
    throw { status: 0, statusText: String(error), data: { message: 'Failed to fetch' }, config: options };
  });
  const text = await response.text();
  const answer = {
    data: parsed(text),
    status: response.status,
    statusText: response.statusText,
    ok: response.ok,
    headers: response.headers ?? new Headers(),
    url: response.url,
    config: options,
  };
  if (!response.ok) throw answer;
  return answer;
}

function parsed(text) {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return { message: text.slice(0, 300) };
  }
}

/** The services that Grafana gives to plugins; variables and links from other plugins do not exist here. */
export function installServices(permissions) {
  setBackendSrv(backendSrv);
  setTemplateSrv({
    replace: (text) => text ?? '',
    getVariables: () => [],
    containsTemplate: () => false,
    updateTimeRange() {},
  });
  setAppEvents(new EventBusSrv());
  setEchoSrv({ flush() {}, addBackend() {}, addEvent() {} });
  setCurrentUser({ permissions });
  setPluginLinksHook(() => ({ links: [], isLoading: false }));
  setPluginComponentsHook(() => ({ components: [], isLoading: false }));
}
