import React, { useMemo, useState } from 'react';
import type { DataFrame, ScopedVars } from '@grafana/data';
import { getTemplateSrv } from '@grafana/runtime';
import { Alert, ClipboardButton, Combobox, Stack, Text } from '@grafana/ui';
import type { ScoreFramesAnswer, ScoreFramesRequest } from '@kubewise/backend/contract';
import { instances, useAnswer, type Instance, type Range } from '../api';
import {
  Answered,
  ChartLegend,
  clock,
  EmptyNotice,
  FailureNotice,
  scoreText,
  SeriesChart,
  testIds,
  useWidth,
} from '../components';
import { queriesOf, toScore } from './frames';

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
  const [sent] = useState(() =>
    toScore(
      frames,
      queriesOf(targets, (text) => getTemplateSrv().replace(text, scopedVars))
    )
  );
  if (!instance) {
    return <FailureNotice failure={{ kind: 'NotConfigured', message: 'Add a KubeWise data source first.' }} />;
  }
  if (sent.length === 0) {
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
      <Explained key={uid} instance={instance} title={title} sent={sent} />
    </div>
  );
}

type Sent = ScoreFramesRequest['frames'];
interface ExplainedProps {
  readonly instance: Instance;
  readonly title: string;
  readonly sent: Sent;
}

function Explained({ instance, title, sent }: ExplainedProps) {
  const { answer, refresh } = useAnswer(instance.uid, () => instance.api.scoreFrames({ frames: [...sent] }), 0);
  return (
    <Answered answer={answer} what="the detectors' view" onRetry={refresh}>
      {(scored) => (
        <Stack direction="column" gap={2}>
          <Text element="p">{verdict(scored, title)}</Text>
          {oddestFirst(scored).map(({ frame, index }) => (
            <Scored key={`${index} ${frame.name}`} frame={frame} sent={sent[index]} range={rangeOf(scored)} />
          ))}
          <ChartLegend />
          <Suggestion scored={scored} />
        </Stack>
      )}
    </Answered>
  );
}

/** The time that the panel shows, the same for each series. */
const rangeOf = ({ frames }: ScoreFramesAnswer): Range => ({
  from: Math.min(...frames.map(({ time }) => time[0] ?? Infinity)),
  to: Math.max(...frames.map(({ time }) => time[time.length - 1] ?? -Infinity)),
});

const mostShown = 6;
/** What was asked about comes first, however late the panel names it. */
const oddestFirst = ({ frames }: ScoreFramesAnswer) =>
  frames
    .map((frame, index) => ({ frame, index, peak: Math.max(0, ...frame.anomalies.map(({ peak }) => peak)) }))
    .sort((one, other) => other.peak - one.peak)
    .slice(0, mostShown);

function verdict({ frames }: ScoreFramesAnswer, title: string): string {
  const odd = frames.filter(({ anomalies }) => anomalies.length > 0).length;
  const all = frames.length === 1 ? 'The one series' : `${odd} of the ${frames.length} series`;
  const where = title ? ` of "${title}"` : '';
  return odd === 0
    ? `Nothing unusual: ${frames.length === 1 ? 'the one series' : `all ${frames.length} series`}${where} stayed where it was expected.`
    : `${all}${where} left ${frames.length === 1 ? 'its' : 'their'} expected range.`;
}

const regionsOf = ({ anomalies }: ScoreFramesAnswer['frames'][number]) =>
  anomalies.map(({ from, to }) => ({ from: Date.parse(from), to: Date.parse(to), severity: 'critical' }));

interface ScoredProps {
  readonly frame: ScoreFramesAnswer['frames'][number];
  readonly sent: Sent[number] | undefined;
  readonly range: Range;
}

function Scored({ frame, sent, range }: ScoredProps) {
  const [ref, width] = useWidth();
  const regions = useMemo(() => regionsOf(frame), [frame]);
  return (
    <div ref={ref}>
      <strong>{frame.name}</strong>
      {width > 0 && (
        <SeriesChart
          title={frame.name}
          unit=""
          time={frame.time}
          value={sent?.values ?? []}
          expected={frame.expected}
          low={frame.low}
          high={frame.high}
          from={range.from}
          to={range.to}
          regions={regions}
          width={width}
          height={180}
        />
      )}
      <ul>
        {frame.anomalies.map((anomaly) => (
          <li key={anomaly.from}>
            {clock(anomaly.from)}: {anomaly.sentence} (score {scoreText(anomaly.peak)} of {scoreText(frame.threshold)})
          </li>
        ))}
      </ul>
    </div>
  );
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
