import React, { lazy, Suspense, type ComponentType } from 'react';
import { Navigate, Route, Routes } from 'react-router-dom';
import { LoadingNotice, testIds } from '../components';

/** Each page is a chunk of its own: opening one does not load the others. */
const page = <P extends object>(load: () => Promise<ComponentType<P>>) =>
  lazy(() => load().then((component) => ({ default: component })));
const IncidentsPage = page(() => import('./IncidentsPage').then((one) => one.IncidentsPage));
const IncidentPage = page(() => import('./IncidentPage').then((one) => one.IncidentPage));
const DetectorsPage = page(() => import('./DetectorsPage').then((one) => one.DetectorsPage));
const ActionsPage = page(() => import('./ActionsPage').then((one) => one.ActionsPage));
const SetupPage = page(() => import('./SetupPage').then((one) => one.SetupPage));

export function App() {
  return (
    <div data-testid={testIds.app.root}>
      <Suspense fallback={<LoadingNotice what="the page" />}>
        <Routes>
          <Route path="incidents" element={<IncidentsPage />} />
          <Route path="incidents/:id" element={<IncidentPage />} />
          <Route path="detectors" element={<DetectorsPage />} />
          <Route path="actions" element={<ActionsPage />} />
          <Route path="setup" element={<SetupPage />} />
          <Route path="*" element={<Navigate to="/a/kubewise-app/incidents" replace />} />
        </Routes>
      </Suspense>
    </div>
  );
}
