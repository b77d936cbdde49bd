import type { Anomaly, Severity } from '../model/index.ts';
import type { SeriesRow } from './collect/index.ts';
import { Episodes, timesThisWeek, week } from './episodes.ts';
import type { Ports } from './ports.ts';

/** What a detector says about the last sample of one row. */
export interface Explanation {
  readonly expected: number;
  readonly band: readonly [number, number];
  readonly threshold: number;
  readonly views: readonly { readonly name: string; readonly surprise: number; readonly share: number }[];
  readonly sentence: string;
  readonly severity: Severity;
  readonly confidence: number;
  /** The level moved: when, from where, to where. */
  readonly shift?: { readonly at: number; readonly from: number; readonly to: number } | undefined;
  /** What the feedback forest learns from when a person judges the anomaly. */
  readonly features: Readonly<Record<string, number>>;
}

/** What is noted: of a series of the table, or of something that has no values of its own. */
export type Noted = Omit<SeriesRow, 'row'>;

/** The open anomalies of this process: one document per series that is away from its normal. */
export interface AnomalyBook {
  /** Takes up the anomalies that were open when the process before this one ended. */
  restore(): Promise<void>;
  /** `since`: when it began, if that was before it could be told (Unix s). */
  note(row: Noted, value: number, score: number, explanation: Explanation, now: number, since?: number): void;
  close(row: Pick<SeriesRow, 'key'>, reason: string, now: number): void;
  openOf(targetKey: string): readonly Anomaly[];
  openRows(): ReadonlyMap<string, Anomaly>;
  /** How often a series was away from its normal in the week before `now`. */
  episodesOf(series: string, now: number): number;
  assign(anomalies: readonly Anomaly[], incidentId: string, reason: string): void;
  /** Why these opened no incident (yet). */
  explainWhyNot(anomalies: readonly Anomaly[], reason: string): void;
  /** What a person said of an anomaly stays with it, whatever the next sample brings. */
  judged(said: Anomaly): void;
  /** Targets whose anomalies changed since the last call. */
  takeChanged(): readonly string[];
  flush(): Promise<void>;
}

export function createAnomalyBook(ports: Ports): AnomalyBook {
  const open = new Map<string, Anomaly>();
  const dirty = new Map<string, Anomaly>();
  const changed = new Set<string>();
  const episodes = new Episodes();

  const put = (anomaly: Anomaly): void => {
    if (anomaly.open) open.set(anomaly.series, anomaly);
    else open.delete(anomaly.series);
    dirty.set(anomaly.id, anomaly);
    changed.add(anomaly.targetKey);
  };

  const opened = (row: Noted, value: number, score: number, said: Explanation, now: number, since: number): Anomaly => {
    const { query, target, targetKey, key } = row;
    ports.recorder.count('kubewise_anomalies_detected_total', {
      source: query.name,
      entity_type: target.kind,
      namespace: target.namespace,
    });
    return {
      id: ports.ids.next(),
      version: 0,
      schemaVersion: 1,
      cluster: ports.cluster,
      series: key,
      query: query.name,
      metricType: query.metricType,
      unit: query.unit,
      target,
      targetKey,
      peak: score,
      startedAt: since,
      open: true,
      features: said.features,
      worst: value,
      reason: 'New',
      ...spoken(value, score, said, now, episodes.note(key, since)),
    };
  };

  return {
    async restore() {
      const { store, cluster, clock } = ports;
      const found = await store.anomalies.find({ where: { open: true, cluster }, limit: 5000 });
      for (const anomaly of found) open.set(anomaly.series, anomaly);
      const past = await store.anomalies.find({
        where: { cluster, startedAt: { gte: clock.now() - week } },
        orderBy: { field: 'startedAt', direction: 'desc' },
        limit: 5000,
      });
      for (const { series, startedAt } of past.reverse()) episodes.note(series, startedAt);
    },
    note(row, value, score, said, now, since = now) {
      const before = open.get(row.key);
      if (!before) return put(opened(row, value, score, said, now, since));
      const further = Math.abs(value - said.expected) > Math.abs((before.worst ?? before.value) - before.expected);
      const worst = further ? value : before.worst;
      const peak = Math.max(before.peak, score);
      const features = score >= before.peak ? said.features : before.features;
      put({ ...before, ...spoken(value, score, said, now, before.episode ?? 1), features, peak, worst });
    },
    close(row, reason, now) {
      const before = open.get(row.key);
      if (before)
        put({
          ...before,
          open: false,
          endedAt: now,
          updatedAt: now,
          reason: before.incidentId ? before.reason : reason,
        });
    },
    openOf: (targetKey) => [...open.values()].filter((anomaly) => anomaly.targetKey === targetKey),
    openRows: () => open,
    episodesOf: (series, now) => episodes.before(series, now),
    assign(anomalies, incidentId, reason) {
      for (const anomaly of anomalies) put({ ...anomaly, incidentId, reason });
    },
    explainWhyNot(anomalies, reason) {
      for (const anomaly of anomalies) if (anomaly.reason !== reason) put({ ...anomaly, reason });
    },
    judged({ id, series, feedback }) {
      const known = dirty.get(id) ?? open.get(series);
      if (known?.id === id) put({ ...known, feedback });
    },
    takeChanged() {
      const keys = [...changed];
      changed.clear();
      return keys;
    },
    async flush() {
      if (dirty.size === 0) return;
      const documents = [...dirty.values()];
      await ports.store.anomalies.upsert(documents);
      for (const document of documents) if (dirty.get(document.id) === document) dirty.delete(document.id);
    },
  };
}

/** The fields of an anomaly that every new sample brings. */
const spoken = (value: number, score: number, said: Explanation, now: number, episode: number) => ({
  value,
  score,
  expected: said.expected,
  band: [said.band[0], said.band[1]] as [number, number],
  threshold: said.threshold,
  severity: said.severity,
  confidence: said.confidence,
  views: said.views.map((view) => ({ ...view })),
  sentence: [said.sentence, timesThisWeek(episode)].filter(Boolean).join('; '),
  episode,
  ...(said.shift && { shift: { ...said.shift } }),
  updatedAt: now,
});
