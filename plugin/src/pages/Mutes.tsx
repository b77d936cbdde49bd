import React from 'react';
import { Button } from '@grafana/ui';
import type { WireMute } from '@kubewise/backend/contract';
import { rights, useAnswer, useWrite, type Instance } from '../api';
import { Answered, clock, DataTable, EmptyNotice, SaidNotice, Section } from '../components';

const about = ({ kind, namespace, name, metricType }: WireMute): string =>
  [kind, namespace && name ? `${namespace}/${name}` : (namespace ?? name), metricType].filter(Boolean).join(' ');

/** What nobody wants to hear about for a while, and who said so. */
export function Mutes({ instance }: { readonly instance: Instance }) {
  const { answer, refresh } = useAnswer(`${instance.uid} mutes`, () => instance.api.mutes(), 30);
  const may = rights()('incidents:write');
  const { busy, said, run, dismiss } = useWrite();
  const end = (id: string) =>
    void run(async () => {
      await instance.api.unmute(id);
      refresh();
      return '';
    });
  return (
    <Section title="Muted">
      <SaidNotice said={said} onDismiss={dismiss} />
      <Answered answer={answer} what="mutes" onRetry={refresh}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyNotice message="Nothing is muted" />
          ) : (
            <DataTable
              label="Mutes"
              rows={items}
              keyOf={({ id }) => id}
              columns={[
                { id: 'what', title: 'What', cell: about },
                { id: 'until', title: 'Until', oneLine: true, cell: ({ until }) => clock(until) },
                { id: 'why', title: 'Why', cell: ({ why }) => why },
                { id: 'who', title: 'Who', cell: ({ subject }) => subject },
                {
                  id: 'end',
                  title: '',
                  cell: ({ id }) => (
                    <Button size="sm" variant="secondary" disabled={!may || busy} onClick={() => end(id)}>
                      End
                    </Button>
                  ),
                },
              ]}
            />
          )
        }
      </Answered>
    </Section>
  );
}
