// Grafana loads this file at its own start (preload): what it imports is paid for by every page. Everything else is lazy.
import React, { lazy, Suspense } from 'react';
import { AppPlugin } from '@grafana/data';
import { addExtensions } from './extensions/register';

const App = lazy(() => import('./pages/App').then(({ App: component }) => ({ default: component })));
const Config = lazy(() => import('./pages/ConfigPage').then(({ ConfigPage: component }) => ({ default: component })));

/** Grafana shows a loading state of its own around the root page, but not around configuration pages. */
const ConfigTab = () => (
  <Suspense fallback={null}>
    <Config />
  </Suspense>
);

export const plugin = addExtensions(
  new AppPlugin()
    .setRootPage(App)
    .addConfigPage({ id: 'connection', title: 'Connection', icon: 'cog', body: ConfigTab })
);
