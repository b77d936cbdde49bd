import React, { useState } from 'react';
import type { DataFrame } from '@grafana/data';
import { Alert, ClipboardButton, Combobox, Stack, Text } from '@grafana/ui';
import type { ScoreFramesAnswer, ScoreFramesRequest } from '@kubewise/backend/contract';
import { instances, useAnswer, type Instance } from '../api';
import {
  Answered,
  ChartLegend,
  clock,
  EmptyNotice,
  FailureNotice,
  scoreText,
  SeriesChart,
  testIds,
} from '../components';
import { toScore } from './frames';

interface ExplainProps {
  readonly title: string;
  readonly frames: readonly DataFrame[];
}

/** What the detectors make of the series that a panel shows. Sends the panel's own numbers, runs no query. */
export function Explain({ title, frames }: ExplainProps) {
  const all = instances();
  const [uid, setUid] = useState(all[0]?.uid ?? '');
  const instance = all.find((one) => one.uid === uid);
  const [sent] = useState(() => toScore(frames));
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
          {scored.frames.slice(0, 6).map((frame, index) => (
            <Scored key={`${index} ${frame.name}`} frame={frame} sent={sent[index]} />
          ))}
          <ChartLegend />
          {scored.rule && <SuggestedRule rule={scored.rule} />}
        </Stack>
      )}
    </Answered>
  );
}

function verdict({ frames }: ScoreFramesAnswer, title: string): string {
  const odd = frames.filter(({ anomalies }) => anomalies.length > 0).length;
  const all = frames.length === 1 ? 'The one series' : `${odd} of the ${frames.length} series`;
  const where = title ? ` of "${title}"` : '';
  return odd === 0
    ? `Nothing unusual: ${frames.length === 1 ? 'the one series' : `all ${frames.length} series`}${where} stayed where it was expected.`
    : `${all}${where} left ${frames.length === 1 ? 'its' : 'their'} expected range.`;
}

interface ScoredProps {
  readonly frame: ScoreFramesAnswer['frames'][number];
  readonly sent: Sent[number] | undefined;
}

function Scored({ frame, sent }: ScoredProps) {
  const first = frame.time[0] ?? 0;
  const last = frame.time[frame.time.length - 1] ?? first;
  return (
    <div>
      <strong>{frame.name}</strong>
      <SeriesChart
        title={frame.name}
        unit=""
        time={frame.time}
        value={sent?.values ?? []}
        expected={frame.expected}
        low={frame.low}
        high={frame.high}
        from={first}
        to={last}
        regions={frame.anomalies.map(({ from, to }) => ({
          from: Date.parse(from),
          to: Date.parse(to),
          severity: 'critical',
        }))}
        width={820}
        height={180}
      />
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
