import React from 'react';
import type { DataSourceSettings } from '@grafana/data';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { KubeWiseDatasource } from '../datasource';
import type { KubeWiseOptions, KubeWiseQuery, KubeWiseSecrets } from '../types';
import { ConfigEditor } from './ConfigEditor';
import { QueryEditor } from './QueryEditor';

describe('ConfigEditor', () => {
  const onOptionsChange = jest.fn();
  const show = (part: Partial<DataSourceSettings<KubeWiseOptions, KubeWiseSecrets>> = {}) => {
    const options = { jsonData: {}, secureJsonFields: {}, ...part };
    render(
      <ConfigEditor
        options={options as DataSourceSettings<KubeWiseOptions, KubeWiseSecrets>}
        onOptionsChange={onOptionsChange}
      />
    );
  };
  beforeEach(() => onOptionsChange.mockReset());

  it('keeps the address in jsonData and every token among the secrets', async () => {
    const user = userEvent.setup();
    show();
    await user.type(screen.getByLabelText(/^Address of KubeWise/), 'h');
    expect(onOptionsChange).toHaveBeenLastCalledWith(expect.objectContaining({ jsonData: { backendUrl: 'h' } }));
    await user.type(screen.getByLabelText(/^Approval secret/), 's');
    const [last] = onOptionsChange.mock.lastCall ?? [];
    expect(last).toMatchObject({ secureJsonData: { approveSecret: 's' }, jsonData: {} });
  });

  it('does not show a secret that Grafana keeps, only that it is there', () => {
    show({ secureJsonFields: { token: true } });
    expect(screen.getByLabelText(/^Viewer token/)).toBeDisabled();
    expect(screen.getByLabelText(/^Viewer token/)).toHaveValue('configured');
  });
});

describe('QueryEditor', () => {
  const onChange = jest.fn();
  const onRunQuery = jest.fn();
  const show = (query: Partial<KubeWiseQuery>) =>
    render(
      <QueryEditor
        datasource={{} as KubeWiseDatasource}
        query={{ refId: 'A', ...query }}
        onChange={onChange}
        onRunQuery={onRunQuery}
      />
    );
  beforeEach(() => jest.resetAllMocks());

  it('changes a filter when the field is left, and runs the query', async () => {
    const user = userEvent.setup();
    show({ kind: 'incidents' });
    await user.type(screen.getByLabelText('Namespace'), 'shop');
    expect(onChange).not.toHaveBeenCalled();
    await user.tab();
    expect(onChange).toHaveBeenCalledWith(expect.objectContaining({ kind: 'incidents', namespace: 'shop' }));
    expect(onRunQuery).toHaveBeenCalledTimes(1);
  });

  it('offers what fits the kind of query', () => {
    show({ kind: 'band' });
    expect(screen.getByLabelText('Metric type')).toBeInTheDocument();
    expect(screen.queryByLabelText('Open only')).not.toBeInTheDocument();
  });

  it('offers layers to annotations', () => {
    show({ kind: 'annotations', layers: ['plans'] });
    expect(screen.getByText('Layers')).toBeInTheDocument();
    expect(screen.getByText('plans')).toBeInTheDocument();
  });
});
