/* global window */
import { EventBusSrv } from '@grafana/data';
import { Button, Modal, ModalsController, useTheme2 } from '@grafana/ui';
import React from 'react';
import { dataOf, rangeOf } from './data.js';

/** A dashboard with our two panels and the tables of the data source, refreshed by hand. */
export function Dashboard({ plugins }) {
  const search = new URLSearchParams(window.location.search);
  const minutes = Number(search.get('minutes') ?? 180);
  const only = search.get('panel');
  const instance = plugins.instances.find(({ settings }) => settings.uid === search.get('ds')) ?? plugins.instances[0];
  const [range, setRange] = React.useState();
  const refresh = React.useCallback(() => void rangeOf(instance, minutes).then(setRange), [instance, minutes]);
  React.useEffect(refresh, [refresh]);
  const panels = [
    ['planreview', 'Plan review', plugins.planreview, 'plans', { limit: 5, namespace: '' }],
    [
      'anomalies',
      'Anomaly explorer',
      plugins.anomalies,
      'anomalies',
      { limit: 50, namespace: '', workload: '', openOnly: false },
    ],
  ];
  return (
    <div>
      <Button size="sm" icon="sync" variant="secondary" onClick={refresh}>
        Refresh
      </Button>
      <div
        style={{
          display: 'grid',
          gap: 16,
          gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 520px), 1fr))',
          marginTop: 8,
        }}
      >
        {panels
          .filter(([id]) => range && (!only || only === id))
          .map(([id, title, plugin, kind, options]) => (
            <Panel
              key={id}
              id={id}
              title={title}
              plugin={plugin}
              kind={kind}
              options={options}
              instance={instance}
              range={range}
              app={plugins.app}
            />
          ))}
      </div>
    </div>
  );
}

function Panel({ id, title, plugin, kind, options, instance, range, app }) {
  const theme = useTheme2();
  const [data, setData] = React.useState();
  const ref = React.useRef(null);
  const [width, setWidth] = React.useState(0);
  React.useEffect(() => {
    void dataOf(instance, { kind }, range).then(setData);
  }, [instance, kind, range]);
  React.useLayoutEffect(() => {
    setWidth(ref.current.clientWidth);
    const observer = new window.ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  const Component = plugin.panel;
  return (
    <section
      data-panel={id}
      style={{
        background: theme.colors.background.primary,
        border: `1px solid ${theme.colors.border.weak}`,
        minWidth: 0,
      }}
    >
      <div style={{ display: 'flex', justifyContent: 'space-between', padding: '8px 12px' }}>
        <h2 style={{ fontSize: 14, margin: 0 }}>{title}</h2>
        <PanelMenu app={app} title={title} instance={instance} range={range} />
      </div>
      <div ref={ref} style={{ height: 640 }}>
        {data && width > 0 && (
          <Component
            id={1}
            data={data}
            options={options}
            width={width}
            height={640}
            timeRange={range}
            timeZone="utc"
            title={title}
            transparent={false}
            renderCounter={0}
            fieldConfig={{ defaults: {}, overrides: [] }}
            eventBus={new EventBusSrv()}
            replaceVariables={(text) => text}
            onOptionsChange={() => {}}
            onFieldConfigChange={() => {}}
            onChangeTimeRange={() => {}}
          />
        )}
      </div>
    </section>
  );
}

/** The watched query of which the most unusual came: its PromQL is what a panel of Prometheus would have as target. */
async function watchedAndOdd({ datasource: { api } }) {
  const [{ items: queries }, { items: anomalies }] = await Promise.all([api.queries(), api.anomalies({ limit: 50 })]);
  const worstFirst = [...anomalies].sort((one, other) => other.peak - one.peak);
  const queryOf = (one) => queries.find(({ metricType }) => metricType === one.metricType);
  return worstFirst.map(queryOf).find(Boolean);
}

/** What Grafana puts into a panel's menu from our plugin: its own link, with the panel's own frames. */
function PanelMenu({ app, title, instance, range }) {
  const link = app.addedLinkConfigs.find((one) => [one.targets].flat().includes('grafana/dashboard/panel/menu'));
  const open = async (showModal, hideModal) => {
    const watched = await watchedAndOdd(instance);
    const { series, ...answer } = await dataOf(instance, { kind: 'band', metricType: watched?.metricType }, range);
    const data = { ...answer, series: series.map((frame) => ({ ...frame, refId: 'A' })) };
    const targets = watched ? [{ refId: 'A', expr: watched.query }] : [];
    const context = { id: 1, title, pluginId: 'timeseries', data, timeRange: range.raw, targets };
    if (!link.configure(context)) return;
    link.onClick(undefined, {
      context,
      openModal: ({ title: heading, body: Body, width }) =>
        showModal(ExplainModal, { heading, Body, width, onDismiss: hideModal }),
    });
  };
  return (
    <ModalsController>
      {({ showModal, hideModal }) => (
        <Button
          size="sm"
          fill="text"
          icon="brain"
          data-testid="host-explain"
          onClick={() => void open(showModal, hideModal)}
        >
          {link.title}
        </Button>
      )}
    </ModalsController>
  );
}

function ExplainModal({ heading, Body, width, onDismiss }) {
  return (
    <Modal title={heading} isOpen onDismiss={onDismiss} className={undefined}>
      <div style={{ maxWidth: width, maxHeight: '75vh', overflow: 'auto' }}>
        <Body onDismiss={onDismiss} />
      </div>
    </Modal>
  );
}
