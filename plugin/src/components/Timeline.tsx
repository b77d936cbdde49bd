import React from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Text, useStyles2 } from '@grafana/ui';
import type { WireTimelineEntry } from '@kubewise/backend/contract';
import { PhaseBadge } from './Badges';
import { clock, sentence, words } from './format';
import { testIds } from './testIds';

/** Every step of an incident's life: when, which phase, why, and who. */
export function Timeline({ entries }: { readonly entries: readonly WireTimelineEntry[] }) {
  const styles = useStyles2(getStyles);
  return (
    <ol className={styles.list} data-testid={testIds.incident.timeline}>
      {entries.map((entry) => (
        <li key={`${entry.at} ${entry.phase} ${entry.reason} ${entry.message}`}>
          <div className={styles.head}>
            <time dateTime={entry.at}>{clock(entry.at)}</time>
            <PhaseBadge phase={entry.phase} />
            <strong>{words(entry.reason)}</strong>
          </div>
          <div className={styles.text}>{sentence(entry.message)}</div>
          <Text variant="bodySmall" color="secondary">
            {entry.subject}
          </Text>
        </li>
      ))}
    </ol>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({
    listStyle: 'none',
    margin: 0,
    paddingLeft: theme.spacing(2),
    borderLeft: `2px solid ${theme.colors.border.medium}`,
    '& li': { paddingBottom: theme.spacing(2) },
  }),
  head: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: theme.spacing(1),
    '& time': { color: theme.colors.text.secondary, fontVariantNumeric: 'tabular-nums' },
  }),
  text: css({ overflowWrap: 'anywhere' }),
});
