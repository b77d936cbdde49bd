import React, { useState } from 'react';
import { Button, LinkButton, Stack, Text } from '@grafana/ui';
import { failureOf, healthSentence, instances, type Instance } from '../api';
import { SaidNotice, Section, testIds } from '../components';
import { NotConnected } from './NotConnected';
import { pathTo } from './places';

/** The app's configuration in Grafana's plugin pages: which KubeWise it reaches, and whether each answers. */
export function ConfigPage() {
  const all = instances();
  return (
    <div data-testid={testIds.config.page}>
      <Text element="p">
        Address and tokens belong to the KubeWise data sources: one for each KubeWise. Secrets stay in Grafana&apos;s
        server, which adds the one that a request&apos;s right needs.
      </Text>
      {all.length === 0 ? <NotConnected /> : all.map((one) => <Connection key={one.uid} instance={one} />)}
    </div>
  );
}

type Tested = { readonly failed: boolean; readonly text: string };

/** One question to the backend with the viewer token: address, token and health in one answer. Never rejects. */
async function test({ api }: Instance): Promise<Tested> {
  try {
    const [health, me] = await Promise.all([api.health(), api.me()]);
    return { failed: health.status === 'down', text: healthSentence(health, me.role) };
  } catch (error) {
    return { failed: true, text: failureOf(error).message };
  }
}

function Connection({ instance }: { readonly instance: Instance }) {
  const [busy, setBusy] = useState(false);
  const [tested, setTested] = useState<Tested>();
  const run = async () => {
    setBusy(true);
    setTested(await test(instance));
    setBusy(false);
  };
  return (
    <Section title={instance.name}>
      <Stack gap={1} wrap="wrap">
        <Button icon="sync" disabled={busy} data-testid={testIds.config.test} onClick={() => void run()}>
          Test the connection
        </Button>
        <LinkButton variant="secondary" href={`/connections/datasources/edit/${encodeURIComponent(instance.uid)}`}>
          Address and tokens
        </LinkButton>
        <LinkButton variant="secondary" href={pathTo('setup', instance.uid)}>
          First-run check list
        </LinkButton>
      </Stack>
      <SaidNotice said={tested} titles={['Connected', 'Not connected']} />
    </Section>
  );
}
