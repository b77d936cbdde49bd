/* global window */
import { useTheme2 } from '@grafana/ui';
import React from 'react';
import { dataOf, rangeOf } from './data.js';

/** Grafana's page of a plugin: our configuration tab. */
export function PluginPage({ plugins }) {
  const [tab] = plugins.app.configPages;
  const Body = tab.body;
  return <Body plugin={{ meta: { id: 'kubewise-app', jsonData: {} } }} query={{}} />;
}

/** Grafana's page of a data source: our editor of address and secrets. Nothing is saved here. */
export function DatasourcePage({ plugins }) {
  const Editor = plugins.source.components.ConfigEditor;
  const [options, setOptions] = React.useState({
    jsonData: { backendUrl: 'http://kubewise:8000' },
    secureJsonFields: { token: true, operatorToken: true, approveSecret: true, adminToken: true },
    secureJsonData: {},
    readOnly: false,
  });
  return <Editor options={options} onOptionsChange={setOptions} />;
}

/** Grafana's Explore: our query editor over the rows that the query brings. */
export function Explore({ plugins }) {
  const [{ datasource, settings }] = plugins.instances;
  const Editor = plugins.source.components.QueryEditor;
  const [query, setQuery] = React.useState({ refId: 'A', ...datasource.getDefaultQuery() });
  const [data, setData] = React.useState();
  React.useEffect(() => {
    let gone = false;
    void rangeOf({ datasource }, 180)
      .then((range) => dataOf({ datasource, settings }, query, range))
      .then((answer) => gone || setData(answer));
    return () => (gone = true);
  }, [datasource, settings, query]);
  return (
    <>
      <Editor query={query} datasource={datasource} onChange={setQuery} onRunQuery={() => {}} />
      <div data-testid="host-frames" data-state={data?.state ?? 'Loading'}>
        {(data?.series ?? []).map((frame, index) => (
          <Frame key={index} frame={frame} />
        ))}
      </div>
    </>
  );
}

const shown = 12;
function Frame({ frame }) {
  const theme = useTheme2();
  const rows = Array.from({ length: Math.min(shown, frame.length) }, (_, row) => row);
  const text = (field, value) =>
    field.type === 'time' && typeof value === 'number' ? new window.Date(value).toISOString() : String(value ?? '');
  const cell = { textAlign: 'left', padding: '4px 8px', borderBottom: `1px solid ${theme.colors.border.weak}` };
  return (
    <div tabIndex={0} role="region" aria-label={frame.name ?? 'frame'} style={{ overflowX: 'auto', marginTop: 8 }}>
      <table data-rows={frame.length}>
        <thead>
          <tr>
            {frame.fields.map(({ name }) => (
              <th key={name} style={cell}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row}>
              {frame.fields.map((field) => (
                <td key={field.name} style={cell}>
                  {text(field, field.values[row])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
