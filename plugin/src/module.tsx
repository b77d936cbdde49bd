// Grafana loads this file at its own start (preload): what it imports is paid for by every page. Everything else is lazy.
import { lazy } from 'react';
import { AppPlugin } from '@grafana/data';
import { addExtensions } from './extensions/register';

const App = lazy(() => import('./pages/App').then(({ App: component }) => ({ default: component })));

export const plugin = addExtensions(new AppPlugin().setRootPage(App));
