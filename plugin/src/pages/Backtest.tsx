import React, { useMemo, useState } from 'react';
import { Alert, Button, Combobox, Field, Input, Stack, Text, TextArea } from '@grafana/ui';
import type { BacktestResult, Job } from '@kubewise/backend/contract';
import { rights, roleFor, useWrite, type Instance } from '../api';
import {
  clock,
  FailureNotice,
  rangeOf,
  SaidNotice,
  scoreText,
  Section,
  SeriesCharts,
  testIds,
  type Charted,
} from '../components';
import { resultOf, useJob } from './useJob';

const ranges = [
  { value: 6, label: 'last 6 hours' },
  { value: 24, label: 'last day' },
  { value: 168, label: 'last 7 days' },
];
type Direction = 'up' | 'down' | 'both';
const directions: Array<{ value: Direction; label: string }> = [
  { value: 'up', label: 'too high' },
  { value: 'down', label: 'too low' },
  { value: 'both', label: 'either way' },
];
/** Few enough points for a quick answer, never finer than KubeWise polls (s). */
const stepFor = (hours: number): number => Math.max(60, Math.ceil((hours * 3600) / 5000));

/** Any query over the past: what would have alerted? If it is any good, it becomes a watched query. */
export function Backtest({ instance, first = '' }: { readonly instance: Instance; readonly first?: string }) {
  const [promql, setPromql] = useState(first);
  const [hours, setHours] = useState(first ? 168 : 24);
  const [direction, setDirection] = useState<Direction>('up');
  const { job, starting, start, cancel, failure } = useJob(instance.api);
  const may = rights()('detectors:write');
  const run = () =>
    void start(async () => {
      const to = await instance.api.now();
      const from = to - hours * 3_600_000;
      return instance.api.backtest({
        promql,
        direction,
        step: stepFor(hours),
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
      });
    });
  const running = job?.state === 'Running';
  const busy = starting || running;
  return (
    <Section title="Backtest a query">
      {!may && (
        <Text color="secondary">
          Backtesting runs a query with KubeWise&apos;s rights and needs the role {roleFor('detectors:write')}.
        </Text>
      )}
      <Field label="PromQL" htmlFor="kubewise-promql" noMargin>
        <TextArea
          id="kubewise-promql"
          rows={2}
          value={promql}
          disabled={!may}
          data-testid={testIds.detectors.promql}
          placeholder="sum by (namespace, deployment) (rate(http_requests_total[5m]))"
          onChange={(event) => setPromql(event.currentTarget.value)}
        />
      </Field>
      <Stack gap={1} wrap="wrap" alignItems="flex-end">
        <Combobox
          aria-label="Range"
          width={18}
          options={ranges}
          value={hours}
          onChange={({ value }) => setHours(value)}
        />
        <Combobox
          aria-label="Direction"
          width={18}
          options={directions}
          value={direction}
          onChange={({ value }) => setDirection(value)}
        />
        <Button disabled={!may || promql.trim() === '' || busy} data-testid={testIds.detectors.run} onClick={run}>
          Run
        </Button>
        {running && (
          <Button variant="secondary" onClick={cancel}>
            Cancel ({Math.round(job.progress * 100)}%)
          </Button>
        )}
      </Stack>
      {failure && <FailureNotice failure={failure} />}
      {job && <Result job={job} promql={promql} instance={instance} direction={direction} />}
    </Section>
  );
}

interface ResultProps {
  readonly job: Job;
  readonly promql: string;
  readonly direction: Direction;
  readonly instance: Instance;
}

function Result({ job, ...saving }: ResultProps) {
  const result = useMemo(() => resultOf<BacktestResult>(job), [job]);
  return (
    <div data-testid={testIds.detectors.result} aria-live="polite">
      {job.state === 'Failed' && (
        <Alert severity="error" title="The backtest failed">
          {job.message}
        </Alert>
      )}
      {job.state === 'Cancelled' && <Text color="secondary">Cancelled.</Text>}
      {result && (
        <>
          <Text element="p">
            {result.series} series, {result.samples.toLocaleString('en')} samples: would have alerted{' '}
            {result.incidents.length === 1 ? 'once' : `${result.incidents.length} times`}.
          </Text>
          <ul>
            {result.incidents.slice(0, 20).map((one) => (
              <li key={`${one.target} ${one.from}`}>
                {clock(one.from)}: {one.sentence} ({one.target}, score {scoreText(one.peak)})
              </li>
            ))}
          </ul>
          <Lines result={result} />
          <SaveQuery {...saving} />
        </>
      )}
    </div>
  );
}

const mostLines = 4;

function Lines({ result: { incidents, lines } }: { readonly result: BacktestResult }) {
  const charts = useMemo((): readonly Charted[] => {
    const regions = incidents.map(({ from, to }) => ({
      from: Date.parse(from),
      to: Date.parse(to),
      severity: 'critical',
    }));
    return lines.slice(0, mostLines).map((line) => ({
      ...line,
      title: line.name,
      heading: <strong>{line.name}</strong>,
      unit: '',
      regions,
    }));
  }, [incidents, lines]);
  return (
    <>
      {lines.length > mostLines && (
        <Text element="p" color="secondary">
          The {mostLines} most unusual series:
        </Text>
      )}
      <SeriesCharts
        charts={charts}
        range={rangeOf(lines)}
        height={160}
        empty="The query found no series in this range"
        regions="would have alerted"
      />
    </>
  );
}

function SaveQuery({ instance, promql, direction }: Omit<ResultProps, 'job'>) {
  const [name, setName] = useState('');
  const { busy, said, run, dismiss } = useWrite();
  const save = () =>
    void run(async () => {
      await instance.api.saveQuery({ name: name.trim(), query: promql, metricType: 'custom', direction });
      return `"${name.trim()}" is watched from now on.`;
    });
  return (
    <Stack gap={1} wrap="wrap" alignItems="flex-end">
      <Field label="Watch it as" htmlFor="kubewise-query-name" noMargin>
        <Input
          id="kubewise-query-name"
          width={30}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      </Field>
      <Button
        variant="secondary"
        disabled={busy || name.trim() === ''}
        data-testid={testIds.detectors.save}
        onClick={save}
      >
        Save as watched query
      </Button>
      <SaidNotice said={said} onDismiss={dismiss} />
    </Stack>
  );
}
