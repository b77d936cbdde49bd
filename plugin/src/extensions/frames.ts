import { FieldType, getFieldDisplayName, type DataFrame, type Field } from '@grafana/data';
import type { ScoreFramesRequest } from '@kubewise/backend/contract';

type Sent = ScoreFramesRequest['frames'][number];
const mostSeries = 50;
const mostPoints = 2000;
const mostText = 10_000;

/** What the panel asks, by refId: text for a suggested rule, which nothing runs. */
export type Queries = ReadonlyMap<string, string>;

/** A series of the panel: what the backend is told of it, and the unit (Grafana's id) in which the panel shows it. */
export interface PanelSeries {
  readonly sent: Sent;
  readonly unit: string;
}

/** The panel's own series as the backend takes them: at most 50, each of its last 2,000 points at most. Others are left out. */
export const toScore = (frames: readonly DataFrame[], queries: Queries = new Map()): PanelSeries[] =>
  frames.flatMap((frame) => seriesOf(frame, frames, queries.get(frame.refId ?? ''))).slice(0, mostSeries);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The PromQL (or LogQL) of a panel's targets, with the dashboard's variables filled in by `fill`. */
export const queriesOf = (targets: readonly unknown[], fill: (text: string) => string): Queries =>
  new Map(
    targets
      .filter(isRecord)
      .flatMap(({ refId, expr }): Array<[string, string]> =>
        typeof refId === 'string' && typeof expr === 'string' && expr.trim() !== '' ? [[refId, fill(expr)]] : []
      )
  );

function seriesOf(frame: DataFrame, all: readonly DataFrame[], query: string | undefined): PanelSeries[] {
  const time = frame.fields.find(({ type }) => type === FieldType.time);
  if (!time || time.values.length < 2) {
    return [];
  }
  return frame.fields
    .filter((field) => field.type === FieldType.number && !isOwnBand(frame, field))
    .map((field) => ({
      unit: field.config.unit ?? '',
      sent: {
        name: getFieldDisplayName(field, frame, [...all]).slice(0, 500),
        ...(field.labels && { labels: field.labels }),
        ...(query && { query: query.slice(0, mostText) }),
        time: time.values.slice(-mostPoints).map(Number),
        values: numbers(field).slice(-mostPoints),
      },
    }));
}

/** What KubeWise itself drew around a series is no series to judge. */
const isOwnBand = ({ meta }: DataFrame, { name }: Field): boolean =>
  meta?.custom?.kubewise !== undefined && ['expected', 'low', 'high'].includes(name);

/** JSON has no NaN and no Infinity: both are gaps. */
const numbers = (field: Field): Array<number | null> =>
  field.values.map((value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : null));
