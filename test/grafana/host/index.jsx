/* global window, document, System */
import 'systemjs'; // first: defines window.System
import * as data from '@grafana/data';
import * as runtime from '@grafana/runtime';
import * as ui from '@grafana/ui';
import * as emotionCss from '@emotion/css';
import * as emotionReact from '@emotion/react';
import lodash from 'lodash';
import moment from 'moment';
import React from 'react';
import * as ReactDOM from 'react-dom';
import { createRoot } from 'react-dom/client';
import * as jsxRuntime from 'react/jsx-runtime';
import * as reactRouter from 'react-router';
import * as rxjs from 'rxjs';
import * as operators from 'rxjs/operators';
import { Shell } from './shell.jsx';
import { installServices } from './services.js';

const asDefault = (value) => ({ ...value, default: value, __useDefault: true });
const modules = {
  react: asDefault(React),
  'react/jsx-runtime': jsxRuntime,
  'react-dom': { ...ReactDOM, default: ReactDOM },
  'react-router': reactRouter,
  rxjs,
  'rxjs/operators': operators,
  lodash: asDefault(lodash),
  moment: { default: moment, __useDefault: true },
  '@emotion/css': emotionCss,
  '@emotion/react': emotionReact,
  '@grafana/data': data,
  '@grafana/ui': ui,
  '@grafana/runtime': runtime,
};

/** Our module.js then finds Grafana's instances of these, not copies. */
function shareModules() {
  const imports = {};
  for (const [name, module] of Object.entries(modules)) {
    imports[name] = `package:${name}`;
    System.set(`package:${name}`, module);
  }
  System.addImportMap({ imports });
}

const load = async (part) =>
  (await System.import(`${window.location.origin}/public/plugins/kubewise-app/${part}module.js`)).plugin;

function instancesOf(plugin, datasources) {
  return datasources.map(({ uid, name }, index) => {
    const settings = {
      uid,
      name,
      id: index + 1,
      type: 'kubewise-datasource',
      url: `/api/datasources/proxy/uid/${uid}`,
      jsonData: {},
      meta: { id: 'kubewise-datasource', name: 'KubeWise' },
      readOnly: true,
      access: 'proxy',
    };
    return { settings, datasource: new plugin.DataSourceClass(settings) };
  });
}

function installDatasources(all) {
  const find = (ref) => {
    const uid = typeof ref === 'string' ? ref : ref?.uid;
    return all.find(({ settings }) => settings.uid === uid || settings.name === uid) ?? all[0];
  };
  runtime.setDataSourceSrv({
    get: async (ref) => find(ref).datasource,
    getList: () => all.map(({ settings }) => settings),
    getInstanceSettings: (ref) => find(ref)?.settings,
    reload() {},
  });
}

window.runHost = async () => {
  const { theme, label, datasources, permissions } = window.kubewiseHost;
  installServices(permissions);
  shareModules();
  const [app, source, planreview, anomalies] = await Promise.all(
    ['', 'datasource/', 'panels/planreview/', 'panels/anomalies/'].map(load),
  );
  const instances = instancesOf(source, datasources);
  installDatasources(instances);
  const plugins = { app, source, planreview, anomalies, instances };
  createRoot(document.getElementById('root')).render(<Shell theme={theme} label={label} plugins={plugins} />);
  window.kubewisePlugins = plugins;
  window.hostReady = true;
};
