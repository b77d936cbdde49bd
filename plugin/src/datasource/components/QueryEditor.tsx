import React from 'react';
import type { QueryEditorProps } from '@grafana/data';
import { Combobox, InlineField, InlineFieldRow, InlineSwitch, Input, MultiCombobox } from '@grafana/ui';
import { testIds } from '../../components/testIds';
import type { KubeWiseDatasource } from '../datasource';
import { defaultQuery } from '../defaults';
import { kinds, layers, type Kind, type KubeWiseOptions, type KubeWiseQuery, type Layer } from '../types';

type Props = QueryEditorProps<KubeWiseDatasource, KubeWiseQuery, KubeWiseOptions>;

const about: Readonly<Record<Kind, { label: string; description: string }>> = {
  incidents: { label: 'Incidents', description: 'What is or was wrong, with phase, cause and verdict' },
  anomalies: { label: 'Anomalies', description: 'Single series away from their normal' },
  plans: { label: 'Plans', description: 'Remediations that wait for a decision' },
  actions: { label: 'Actions', description: 'What was carried out, and how it ended' },
  scores: { label: 'Scores', description: 'Anomaly score over time, 0 to 1' },
  band: { label: 'Expected band', description: 'The series with the band it is expected in' },
  annotations: { label: 'Annotations', description: 'Events to draw over other panels' },
};
const kindOptions = kinds.map((value) => ({ value, ...about[value] }));
const layerOptions = layers.map((value) => ({ value, label: value }));
const severityOptions = ['info', 'warning', 'critical'].map((value) => ({ value, label: value }));

export function QueryEditor({ query, onChange, onRunQuery }: Props) {
  const full: KubeWiseQuery = { ...defaultQuery, ...query };
  const change = (part: Partial<KubeWiseQuery>) => {
    onChange({ ...full, ...part });
    onRunQuery();
  };
  const kind = full.kind ?? 'incidents';
  return (
    <>
      <InlineFieldRow>
        <InlineField label="Show" labelWidth={14}>
          <Combobox
            options={kindOptions}
            value={kind}
            width={24}
            onChange={({ value }) => change({ kind: value })}
            data-testid={testIds.query.kind}
            aria-label="Show"
          />
        </InlineField>
        {kind === 'annotations' && (
          <InlineField label="Layers" tooltip="One annotation query per layer gives each its own colour and toggle.">
            <MultiCombobox<Layer>
              options={layerOptions}
              value={[...(full.layers ?? [])]}
              width={40}
              onChange={(chosen) => change({ layers: chosen.map(({ value }) => value) })}
              data-testid={testIds.query.layers}
              aria-label="Layers"
            />
          </InlineField>
        )}
        {(kind === 'incidents' || kind === 'anomalies') && (
          <InlineField label="Open only">
            <InlineSwitch
              id={`kubewise-open-only-${query.refId}`}
              value={full.openOnly ?? false}
              onChange={(event) => change({ openOnly: event.currentTarget.checked })}
            />
          </InlineField>
        )}
      </InlineFieldRow>
      <Filters query={full} change={change} withMetric={kind === 'scores' || kind === 'band' || kind === 'anomalies'} />
    </>
  );
}

interface FiltersProps {
  readonly query: KubeWiseQuery;
  readonly change: (part: Partial<KubeWiseQuery>) => void;
  readonly withMetric: boolean;
}

function Filters({ query, change, withMetric }: FiltersProps) {
  const text = (label: string, key: 'namespace' | 'workload' | 'metricType', placeholder: string) => (
    <InlineField label={label} labelWidth={14}>
      <Input
        aria-label={label}
        width={24}
        defaultValue={query[key] ?? ''}
        placeholder={placeholder}
        onBlur={(event) => change({ [key]: event.currentTarget.value || undefined })}
      />
    </InlineField>
  );
  return (
    <InlineFieldRow>
      {text('Namespace', 'namespace', 'all, or $namespace')}
      {text('Workload', 'workload', 'all, or $workload')}
      {withMetric && text('Metric type', 'metricType', 'all')}
      <InlineField label="Severity" labelWidth={14}>
        <Combobox
          isClearable
          options={severityOptions}
          value={query.severity ?? null}
          width={18}
          placeholder="all"
          aria-label="Severity"
          onChange={(option) => change({ severity: option?.value })}
        />
      </InlineField>
    </InlineFieldRow>
  );
}
