import React, { useMemo, useState } from 'react';
import type { DataFrame, ScopedVars } from '@grafana/data';
import { getTemplateSrv } from '@grafana/runtime';
import { Alert, ClipboardButton, Combobox, Stack, Text } from '@grafana/ui';
import type { ScoreFramesAnswer } from '@kubewise/backend/contract';
import { instances, useAnswer, type Instance } from '../api';
import {
  Answered,
  clock,
  EmptyNotice,
  FailureNotice,
  rangeOf,
  scoredText,
  SeriesCharts,
  testIds,
  type Charted,
} from '../components';
import { queriesOf, toScore, type PanelSeries } from './frames';

interface ExplainProps {
  readonly title: string;
  readonly frames: readonly DataFrame[];
  /** The panel's queries: quoted in the suggested rule, never run. */
  readonly targets?: readonly unknown[];
  readonly scopedVars?: ScopedVars;
}

/** What the detectors make of the series that a panel shows. Sends the panel's own numbers, runs no query. */
export function Explain({ title, frames, targets = [], scopedVars }: ExplainProps) {
  const all = instances();
  const [uid, setUid] = useState(all[0]?.uid ?? '');
  const instance = all.find((one) => one.uid === uid);
  const [series] = useState(() =>
    toScore(
      frames,
      queriesOf(targets, (text) => getTemplateSrv().replace(text, scopedVars))
    )
  );
  if (!instance) {
    return <FailureNotice failure={{ kind: 'NotConfigured', message: 'Add a KubeWise data source first.' }} />;
  }
  if (series.length === 0) {
    return <EmptyNotice message="This panel shows no series over time, so there is nothing to score." />;
  }
  return (
    <div data-testid={testIds.explain.root}>
      {all.length > 1 && (
        <Combobox
          aria-label="KubeWise"
          value={uid}
          options={all.map((one) => ({ value: one.uid, label: one.name }))}
          onChange={({ value }) => setUid(value)}
        />
      )}
      <Explained key={uid} instance={instance} title={title} series={series} />
    </div>
  );
}

interface ExplainedProps {
  readonly instance: Instance;
  readonly title: string;
  readonly series: readonly PanelSeries[];
}

function Explained({ instance, title, series }: ExplainedProps) {
  const { answer, refresh } = useAnswer(
    instance.uid,
    () => instance.api.scoreFrames({ frames: series.map(({ sent }) => sent) }),
    0
  );
  return (
    <Answered answer={answer} what="the detectors' view" onRetry={refresh}>
      {(scored) => (
        <Stack direction="column" gap={2}>
          <Text element="p">{verdict(scored, title)}</Text>
          <Suggestion scored={scored} />
          <Charts scored={scored} series={series} />
        </Stack>
      )}
    </Answered>
  );
}

type Scored = ScoreFramesAnswer['frames'][number];
const isOdd = ({ anomalies }: Scored): boolean => anomalies.length > 0;
const mostOdd = 6;
/** A look at what is usual is enough. */
const mostCalm = 2;

/** What is unusual, the most unusual first, however late the panel names it; else some of what is not. */
function shownOf({ frames }: ScoreFramesAnswer): ReadonlyArray<{ readonly frame: Scored; readonly index: number }> {
  const all = frames.map((frame, index) => ({
    frame,
    index,
    peak: Math.max(0, ...frame.anomalies.map(({ peak }) => peak)),
  }));
  const odd = all.filter(({ frame }) => isOdd(frame)).sort((one, other) => other.peak - one.peak);
  return odd.length > 0 ? odd.slice(0, mostOdd) : all.slice(0, mostCalm);
}

function verdict({ frames }: ScoreFramesAnswer, title: string): string {
  const [all, odd] = [frames.length, frames.filter(isOdd).length];
  const where = title ? ` of "${title}"` : '';
  const series = all === 1 ? `The one series${where}` : `${odd} of the ${all} series${where}`;
  if (odd > 0) {
    return `${series} left ${odd === 1 ? 'its' : 'their'} expected range.${odd > mostOdd ? ` Below are the ${mostOdd} most unusual.` : ''}`;
  }
  return `Nothing unusual: ${all === 1 ? 'the one series' : `all ${all} series`}${where} stayed where ${all === 1 ? 'it was' : 'they were'} expected.`;
}

interface ChartsProps {
  readonly scored: ScoreFramesAnswer;
  readonly series: readonly PanelSeries[];
}

function Charts({ scored, series }: ChartsProps) {
  const charts = useMemo(
    () => shownOf(scored).map(({ frame, index }) => chartOf(frame, series[index])),
    [scored, series]
  );
  return <SeriesCharts charts={charts} range={rangeOf(scored.frames)} height={180} empty="No series was scored" />;
}

function chartOf(frame: Scored, shown: PanelSeries | undefined): Charted {
  const { name, time, expected, low, high, anomalies, threshold } = frame;
  return {
    ...{ time, expected, low, high, value: shown?.sent.values ?? [], unit: shown?.unit ?? '' },
    title: name,
    heading: <strong>{name}</strong>,
    regions: anomalies.map(({ from, to }) => ({ from: Date.parse(from), to: Date.parse(to), severity: 'critical' })),
    notes: anomalies.length > 0 && (
      <ul>
        {anomalies.map(({ from, sentence: said, peak }) => (
          <li key={from}>
            {clock(from)}: {said} ({scoredText(peak, threshold)})
          </li>
        ))}
      </ul>
    ),
  };
}

function Suggestion({ scored: { frames, rule } }: { readonly scored: ScoreFramesAnswer }) {
  if (rule) {
    return <SuggestedRule rule={rule} />;
  }
  return frames.some(({ anomalies }) => anomalies.length > 0) ? (
    <Text element="p" color="secondary">
      No alert rule is suggested: this panel has no PromQL, or no threshold on it tells what was unusual from what is
      usual.
    </Text>
  ) : null;
}

function SuggestedRule({ rule }: { readonly rule: NonNullable<ScoreFramesAnswer['rule']> }) {
  const text = `expr: ${rule.expr}\nfor: ${rule.for}`;
  return (
    <Alert severity="info" title="A rule that would have told you" topSpacing={0}>
      <Text element="p">{rule.summary}</Text>
      <pre data-testid={testIds.explain.rule}>{text}</pre>
      <ClipboardButton size="sm" variant="secondary" icon="copy" getText={() => text}>
        Copy
      </ClipboardButton>
    </Alert>
  );
}
