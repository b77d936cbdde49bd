import React, { lazy, Suspense } from 'react';
import { PluginExtensionPoints, type AppPlugin, type PluginExtensionPanelContext } from '@grafana/data';
import type { IncidentBadgeProps } from './badge-props';

const Explain = lazy(() => import('./Explain').then(({ Explain: component }) => ({ default: component })));
const Badge = lazy(() => import('./IncidentBadge').then(({ IncidentBadge: component }) => ({ default: component })));

/** The same titles and targets stand in plugin.json: a test compares them. */
export const explainLink = {
  title: 'Explain with KubeWise',
  description: 'Score the series that this panel shows',
  targets: [PluginExtensionPoints.DashboardPanelMenu],
};
export const alertLink = {
  title: 'Open in KubeWise',
  description: 'Incidents of the workload that this alert is about',
  targets: [PluginExtensionPoints.AlertingAlertingRuleAction, PluginExtensionPoints.AlertInstanceAction],
};
export const badgeId = 'kubewise-app/incident-badge/v1';
const incidentsPath = '/a/kubewise-app/incidents';

export const addExtensions = (plugin: AppPlugin): AppPlugin =>
  plugin
    .addLink<PluginExtensionPanelContext>({
      ...explainLink,
      icon: 'brain',
      configure: (context) => (hasSeries(context) ? {} : undefined),
      onClick: (_, { context, openModal }) =>
        openModal({
          title: explainLink.title,
          width: 900,
          body: () => (
            <Suspense fallback={null}>
              <Explain
                title={context?.title ?? ''}
                frames={context?.data?.series ?? []}
                targets={context?.targets ?? []}
                scopedVars={context?.scopedVars}
              />
            </Suspense>
          ),
        }),
    })
    .addLink({
      ...alertLink,
      path: incidentsPath,
      configure: (context) => ({ path: alertPath(context) }),
    })
    .exposeComponent<IncidentBadgeProps>({
      id: badgeId,
      title: 'Incident badge',
      description: 'How many incidents of a workload are open',
      component: (props) => (
        <Suspense fallback={null}>
          <Badge {...props} />
        </Suspense>
      ),
    });

/** A text panel or an empty one has nothing to explain: no link then. */
export const hasSeries = (context: Readonly<PluginExtensionPanelContext> | undefined): boolean =>
  context?.data === undefined ||
  context.data.series.some(
    ({ fields }) => fields.some(({ type }) => type === 'time') && fields.some(({ type }) => type === 'number')
  );

/** Which labels of an alert say what it is about: KubeWise's own, then those of the usual rules for Kubernetes. */
const labelNames = {
  namespace: ['namespace'],
  name: ['workload', 'deployment', 'statefulset', 'daemonset', 'cronjob', 'job_name', 'node'],
};

/** The list of incidents, narrowed to what the alert's labels name. */
export function alertPath(context: unknown): string {
  const labels = labelsOf(context);
  const search = new URLSearchParams();
  for (const [param, names] of Object.entries(labelNames)) {
    const value = names.map((name) => labels[name]).find((one) => typeof one === 'string' && one !== '');
    if (typeof value === 'string') {
      search.set(param, value);
    }
  }
  const incident = labels.incident_id;
  if (typeof incident === 'string' && /^[0-9a-f-]{36}$/.test(incident)) {
    return `${incidentsPath}/${incident}`;
  }
  const text = search.toString();
  return text ? `${incidentsPath}?${text}` : incidentsPath;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
/** A rule and an instance carry their labels in different places. */
const labelsOf = (context: unknown): Record<string, unknown> => {
  const found = isRecord(context)
    ? [context.labels, isRecord(context.instance) ? context.instance.labels : undefined]
    : [];
  return found.find(isRecord) ?? {};
};
