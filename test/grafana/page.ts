import type { User } from './identity.ts';

export interface PageOptions {
  readonly user: User;
  readonly theme: 'dark' | 'light';
  /** Shown over the page, so that nobody takes it for Grafana. */
  readonly label: string;
  readonly datasources: readonly { readonly uid: string; readonly name: string }[];
  readonly permissions: Readonly<Record<string, boolean>>;
}

const ranges = { fullDate: 'YYYY-MM-DD HH:mm:ss', useBrowserLocale: false };
const dateFormats = {
  ...ranges,
  interval: {
    millisecond: 'HH:mm:ss.SSS',
    second: 'HH:mm:ss',
    minute: 'HH:mm',
    hour: 'MM-DD HH:mm',
    day: 'MM-DD',
    month: 'YYYY-MM',
    year: 'YYYY',
  },
};

/** What Grafana's own index page carries for @grafana/runtime, which reads it while it loads. */
const bootData = ({ user, theme }: PageOptions) => ({
  settings: {
    buildInfo: { version: '13.2.2', env: 'development' },
    featureToggles: {},
    appSubUrl: '',
    datasources: {},
    panels: {},
    apps: {},
    dateFormats,
  },
  user: {
    id: user.id,
    login: user.login,
    name: user.name,
    orgId: 1,
    orgRole: user.role,
    isSignedIn: true,
    isGrafanaAdmin: false,
    theme,
    timezone: 'utc',
    permissions: {},
  },
  navTree: [],
});

/** JSON inside a script element: `<` must not end it. */
const json = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

export const page = (options: PageOptions): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>KubeWise preview</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/host.css">
<style>html,body{margin:0;height:100%}body{background:${options.theme === 'dark' ? '#111217' : '#f4f5f5'}}</style></head>
<body>
<script>
window.__grafana_public_path__ = '/public/';
window.grafanaBootData = ${json(bootData(options))};
window.kubewiseHost = ${json({ theme: options.theme, label: options.label, datasources: options.datasources, permissions: options.permissions })};
</script>
<div id="root"></div>
<script src="/host.js"></script>
<script src="/amd.js"></script>
<script>window.runHost();</script>
</body></html>
`;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Before there are pages: asks again by itself until there are, or says why there will be none. */
export const waitingPage = (broken: string | undefined): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>KubeWise preview</title>${broken === undefined ? '<meta http-equiv="refresh" content="2">' : ''}</head>
<body><p>${broken === undefined ? 'The pages are being built, a moment …' : `No pages: ${broken.replace(/[&<>]/g, (one) => escapes[one] ?? '')}`}</p></body></html>
`;
