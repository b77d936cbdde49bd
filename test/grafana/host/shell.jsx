/* global window, document */
import { createTheme, ThemeContext } from '@grafana/data';
import { config } from '@grafana/runtime';
import {
  ErrorBoundary,
  ErrorWithStack,
  GlobalStyles,
  ModalRoot,
  ModalsContext,
  ModalsProvider,
  PortalContainer,
} from '@grafana/ui';
import React, { Suspense } from 'react';
import { BrowserRouter, Link, Navigate, Route, Routes, useLocation } from 'react-router-dom';
import { Dashboard } from './dashboard.jsx';
import { DatasourcePage, Explore, PluginPage } from './places.jsx';

const pages = [
  ['/a/kubewise-app/incidents', 'Incidents'],
  ['/a/kubewise-app/detectors', 'Detectors'],
  ['/a/kubewise-app/actions', 'Actions and mode'],
  ['/a/kubewise-app/setup', 'Setup'],
  ['/d/kubewise', 'Panels'],
  ['/explore', 'Explore'],
  ['/plugins/kubewise-app', 'Plugin'],
  ['/connections/datasources/edit', 'Data source'],
];

/** Just enough of Grafana's frame to reach every page of the plugin, and a line that says what this is. */
export function Shell({ theme: mode, label, plugins }) {
  const theme = React.useMemo(() => createTheme({ colors: { mode } }), [mode]);
  config.theme2 = theme;
  const App = plugins.app.root;
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <ModalsProvider>
        <BrowserRouter>
          <Header theme={theme} mode={mode} label={label} />
          <main style={{ padding: 16, color: theme.colors.text.primary }}>
            <ErrorBoundary>
              {({ error, errorInfo }) =>
                error ? (
                  <ErrorWithStack error={error} errorInfo={errorInfo} title="The plugin broke" />
                ) : (
                  <Suspense fallback={<p>Loading…</p>}>
                    <Routes>
                      <Route
                        path="/a/kubewise-app/*"
                        element={
                          <App
                            meta={{ id: 'kubewise-app', jsonData: {} }}
                            basename="/a/kubewise-app"
                            path=""
                            query={{}}
                            onNavChanged={() => {}}
                          />
                        }
                      />
                      <Route path="/d/kubewise" element={<Dashboard plugins={plugins} />} />
                      <Route path="/explore" element={<Explore plugins={plugins} />} />
                      <Route path="/plugins/kubewise-app" element={<PluginPage plugins={plugins} />} />
                      <Route path="/connections/datasources/*" element={<DatasourcePage plugins={plugins} />} />
                      <Route path="*" element={<Navigate to="/a/kubewise-app/incidents" replace />} />
                    </Routes>
                  </Suspense>
                )
              }
            </ErrorBoundary>
          </main>
          <ModalRoot />
          <PortalContainer />
        </BrowserRouter>
      </ModalsProvider>
    </ThemeContext.Provider>
  );
}

function Header({ theme, mode, label }) {
  const { pathname, search } = useLocation();
  const other = mode === 'dark' ? 'light' : 'dark';
  const user = window.grafanaBootData.user;
  const withTheme = (path) => (mode === 'light' ? `${path}?theme=light` : path);
  return (
    <header
      style={{
        borderBottom: `1px solid ${theme.colors.border.weak}`,
        background: theme.colors.background.primary,
        color: theme.colors.text.primary,
      }}
    >
      <div
        style={{
          background: theme.colors.warning.main,
          color: theme.colors.warning.contrastText,
          padding: '4px 16px',
          fontSize: 12,
        }}
      >
        {label}
      </div>
      <nav
        aria-label="Pages"
        style={{ display: 'flex', flexWrap: 'wrap', gap: 16, padding: '8px 16px', alignItems: 'center' }}
      >
        <strong>KubeWise</strong>
        {pages.map(([path, title]) => (
          <Link
            key={path}
            to={withTheme(path)}
            style={{ color: pathname.startsWith(path) ? theme.colors.text.maxContrast : theme.colors.text.link }}
            aria-current={pathname.startsWith(path) ? 'page' : undefined}
          >
            {title}
          </Link>
        ))}
        <span style={{ marginLeft: 'auto' }}>
          signed in as {user.name} ({user.orgRole}); try{' '}
          {['admin', 'editor', 'viewer']
            .filter((login) => login !== user.login)
            .map((login) => (
              <React.Fragment key={login}>
                <a style={{ color: theme.colors.text.link }} href={`/preview/user?login=${login}`}>
                  {login}
                </a>{' '}
              </React.Fragment>
            ))}
          or{' '}
          <a style={{ color: theme.colors.text.link }} href={`${pathname}${themed(search, other)}`}>
            {other} theme
          </a>
        </span>
      </nav>
    </header>
  );
}

function themed(search, theme) {
  const params = new URLSearchParams(search);
  params.set('theme', theme);
  return `?${params.toString()}`;
}
