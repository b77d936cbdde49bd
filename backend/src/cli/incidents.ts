import type { IncidentDetail, IncidentRow } from '../http/contract.ts';
import type { Client } from '../http/client.ts';
import type { Context } from './context.ts';
import { exitCodes, UsageError, type ExitCode } from './exit.ts';
import { figure, plain, shortened, shortTime, table } from './table.ts';

export interface IncidentOptions {
  readonly limit: string;
  readonly all?: boolean;
  readonly namespace?: string;
  readonly phase?: string;
}

const rowOf = (one: IncidentRow): string[] => [
  one.id,
  shortTime(one.openedAt),
  one.phase,
  one.severity,
  plain(one.target.label),
  one.cause,
  shortened(plain(one.title), 60),
];

async function list(context: Context, options: IncidentOptions): Promise<ExitCode> {
  const { limit, namespace, phase, all } = options;
  const page = await context.api().incidents({ limit, namespace, phase, ...(!all && !phase && { open: true }) });
  const header = ['ID', 'OPENED', 'PHASE', 'SEVERITY', 'TARGET', 'CAUSE', 'TITLE'];
  const nothing = all ? 'No incidents.' : 'No open incidents (--all shows the closed ones).';
  context.show(page, () => (page.items.length > 0 ? table(header, page.items.map(rowOf)) : nothing));
  return exitCodes.ok;
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];

function outcomeLines({ outcome }: IncidentDetail): string[] {
  if (!outcome) return [];
  const numbers = outcome.measurements.map(
    (one) =>
      `${one.name}: ${figure(one.before)} → ${figure(one.after)} ${one.unit}${one.recovered ? '' : ' (not recovered)'}`,
  );
  const { review } = outcome;
  const opinion = review
    ? [`${plain(review.model)} thinks that it ${review.helped ? 'helped' : 'did not help'}: ${plain(review.comment)}`]
    : [];
  return [`${outcome.verdict}: ${plain(outcome.message)}`, ...numbers, ...opinion];
}

function incidentText(incident: IncidentDetail): string {
  const { plan } = incident;
  return [
    `${plain(incident.title)}`,
    `${incident.id}  ${incident.phase}  ${incident.severity}  ${plain(incident.target.label)}`,
    plain(incident.message),
    ...section(
      'Suspected causes',
      incident.causes.map((one) => `${one.class} (${one.score.toFixed(2)}): ${plain(one.message)}`),
    ),
    ...section(
      'Changes around the onset',
      incident.changes.map((one) => `${shortTime(one.at)}  ${one.kind}: ${plain(one.message)}`),
    ),
    ...section('Plan', plan ? [plain(plan.summary), `kubewise plan show ${incident.id}`] : []),
    ...section(
      'Actions',
      incident.actions.map((one) => `${one.state}  ${plain(one.sentence)}  ${plain(one.message)}`),
    ),
    ...section('Outcome', outcomeLines(incident)),
    ...section(
      'Timeline',
      incident.timeline.map((one) => `${shortTime(one.at)}  ${one.phase}  ${one.reason}: ${plain(one.message)}`),
    ),
  ].join('\n');
}

/** The incident with this id, or the one whose id ends or begins with it: nobody types 36 characters. */
export async function findIncident(api: Client, given: string): Promise<IncidentDetail> {
  if (given.length >= 36) return api.incident(given);
  const { items } = await api.incidents({ limit: 500 });
  const fitting = items.filter((one) => one.id.startsWith(given) || one.id.endsWith(given));
  const [only] = fitting;
  if (only && fitting.length === 1) return api.incident(only.id);
  if (fitting.length > 1) throw new UsageError(`${fitting.length} incidents fit "${given}"; give more of the id`);
  return api.incident(given);
}

/** `kubewise incidents [ID]` */
export async function incidents(context: Context, id: string | undefined, options: IncidentOptions): Promise<ExitCode> {
  if (id === undefined) return list(context, options);
  const found = await findIncident(context.api(), id);
  context.show(found, () => incidentText(found));
  return exitCodes.ok;
}
