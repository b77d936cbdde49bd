import React from 'react';
import { css } from '@emotion/css';
import type { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { Alert, Field, Input, SecretInput } from '@grafana/ui';
import type { KubeWiseOptions, KubeWiseSecrets } from '../types';

type Props = DataSourcePluginOptionsEditorProps<KubeWiseOptions, KubeWiseSecrets>;

interface Secret {
  readonly key: keyof KubeWiseSecrets;
  readonly label: string;
  readonly about: string;
}
const secrets: readonly Secret[] = [
  { key: 'token', label: 'Viewer token', about: 'Every read. A token of role viewer (AUTH_TOKENS of KubeWise).' },
  {
    key: 'operatorToken',
    label: 'Operator token',
    about: 'Feedback, acknowledge, snooze, mute, stop. Sent for Editors.',
  },
  {
    key: 'approveSecret',
    label: 'Approval secret',
    about:
      'GRAFANA_APPROVE_SECRET of KubeWise. Sent for Admins when they approve or reject, with their signed identity.',
  },
  {
    key: 'adminToken',
    label: 'Admin token',
    about: 'Mode, queries, backtests, and starting again after a stop. Sent for Admins.',
  },
];

/** Address and one token per right. Secrets are write-only: Grafana never gives them back. */
export function ConfigEditor({ options, onOptionsChange }: Props) {
  const { jsonData, secureJsonFields, secureJsonData } = options;
  const setSecret = (key: keyof KubeWiseSecrets, value: string) =>
    onOptionsChange({ ...options, secureJsonData: { ...secureJsonData, [key]: value } });
  const reset = (key: keyof KubeWiseSecrets) =>
    onOptionsChange({
      ...options,
      secureJsonFields: { ...secureJsonFields, [key]: false },
      secureJsonData: { ...secureJsonData, [key]: '' },
    });
  return (
    <>
      <div className={form}>
        <Field
          label="Address of KubeWise"
          htmlFor="kubewise-url"
          description="As Grafana's server reaches it, e.g. http://kubewise:8000"
        >
          <Input
            id="kubewise-url"
            value={jsonData.backendUrl ?? ''}
            placeholder="http://kubewise:8000"
            onChange={(event) =>
              onOptionsChange({ ...options, jsonData: { ...jsonData, backendUrl: event.currentTarget.value } })
            }
          />
        </Field>
        {secrets.map(({ key, label, about }) => (
          <Field key={key} label={label} htmlFor={`kubewise-${key}`} description={about}>
            <SecretInput
              id={`kubewise-${key}`}
              isConfigured={secureJsonFields?.[key] ?? false}
              value={secureJsonData?.[key] ?? ''}
              onReset={() => reset(key)}
              onChange={(event) => setSecret(key, event.currentTarget.value)}
            />
          </Field>
        ))}
      </div>
      <Alert severity="info" title="Who may approve is decided by KubeWise">
        The approval secret lets this Grafana ask. The person is taken from the signed identity that Grafana forwards,
        and the policy of KubeWise says which namespaces that person may approve for. Leave the URL field of this data
        source empty.
      </Alert>
    </>
  );
}

/** As wide as an address, and never wider than the page. */
const form = css({ maxWidth: 480 });
