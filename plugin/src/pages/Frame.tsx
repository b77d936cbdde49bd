import React, { type ReactNode } from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { PluginPage } from '@grafana/runtime';
import { Combobox, useStyles2 } from '@grafana/ui';
import { useSearchParams } from 'react-router-dom';
import { instances, type Instance } from '../api';
import { testIds } from '../components';
import { NotConnected } from './NotConnected';

interface FrameProps {
  readonly testId: string;
  readonly children: (instance: Instance) => ReactNode;
}

/** What every page but the list of incidents has: one KubeWise, chosen when there are several. */
export function Frame({ testId, children }: FrameProps) {
  const styles = useStyles2(getStyles);
  const { all, chosen, choose } = useInstance();
  return (
    <PluginPage>
      <div data-testid={testId} className={styles.page}>
        {all.length > 1 && <InstancePicker all={all} uid={chosen?.uid} onChoose={choose} />}
        {chosen ? children(chosen) : <NotConnected />}
      </div>
    </PluginPage>
  );
}

/** The KubeWise that the address names with `ds`, else the first. */
export function useInstance() {
  const [search, setSearch] = useSearchParams();
  const all = instances();
  const wanted = search.get('ds');
  const chosen = wanted ? all.find(({ uid }) => uid === wanted) : all[0];
  const choose = (uid: string) =>
    setSearch((before) => {
      const next = new URLSearchParams(before);
      next.set('ds', uid);
      return next;
    });
  return { all, chosen, choose };
}

interface PickerProps {
  readonly all: readonly Instance[];
  readonly uid: string | undefined;
  readonly onChoose: (uid: string) => void;
}

export function InstancePicker({ all, uid, onChoose }: PickerProps) {
  return (
    <Combobox
      aria-label="KubeWise data source"
      data-testid={testIds.app.picker}
      width={32}
      value={uid ?? null}
      placeholder="Choose a KubeWise"
      options={all.map((one) => ({ value: one.uid, label: one.name }))}
      onChange={({ value }) => onChoose(value)}
    />
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(2), minWidth: 0 }),
});
