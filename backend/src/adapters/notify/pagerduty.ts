import type { Notification } from '../../pipeline/ports.ts';

/** Where events go when nothing else is configured. */
export const pagerDutyUrl = 'https://events.pagerduty.com/v2/enqueue';

type Event = 'trigger' | 'acknowledge' | 'resolve';
/** All that is said about one incident is one alert there; whatever asks for a person triggers it (again). */
const eventOf: Readonly<Record<Notification['kind'], Event>> = {
  IncidentOpen: 'trigger',
  PlanWaiting: 'trigger',
  RemediationFailed: 'trigger',
  Escalated: 'trigger',
  Message: 'trigger',
  Acknowledged: 'acknowledge',
  Resolved: 'resolve',
};

/** PagerDuty knows critical, error, warning and info. */
const severityOf: Readonly<Record<string, string>> = { critical: 'critical', high: 'error', medium: 'warning' };

/**
 * One event of the Events API v2 (https://developer.pagerduty.com/docs/events-api-v2): at most 255 characters of
 * `dedup_key`, 1024 of `summary`.
 */
export function pagerDutyEvent(
  notification: Notification,
  { routingKey }: { readonly routingKey?: string | undefined },
): object {
  const { kind, cluster, incidentId, title, text, severity, link, command } = notification;
  return {
    routing_key: routingKey ?? '',
    event_action: eventOf[kind],
    dedup_key: `kubewise/${cluster}/${incidentId}`.slice(0, 255),
    client: 'KubeWise',
    client_url: link,
    links: [{ href: link, text: 'Open in KubeWise' }],
    payload: {
      summary: title.slice(0, 1024),
      source: cluster,
      severity: severityOf[severity] ?? 'info',
      class: kind,
      custom_details: { text: text.slice(0, 10_000), command },
    },
  };
}
