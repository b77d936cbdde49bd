import React, { type ReactNode } from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';

export interface Column<T> {
  readonly id: string;
  readonly title: string;
  readonly cell: (row: T) => ReactNode;
  /** For what reads badly when it is broken: a time, a badge. */
  readonly oneLine?: boolean;
  /** CSS, where tables below each other must keep to one set of columns. */
  readonly width?: string;
}
interface DataTableProps<T> {
  readonly label: string;
  readonly columns: ReadonlyArray<Column<T>>;
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  readonly rowTestId?: string;
}

/** A plain table. Where there is no room for its columns, each row is a card of titled values; it still scrolls, by keyboard too. */
export function DataTable<T>({ label, columns, rows, keyOf, rowTestId }: DataTableProps<T>) {
  const styles = useStyles2(getStyles);
  return (
    // What scrolls must be reachable by keyboard.
    <div className={styles.scroll} tabIndex={0} role="region" aria-label={label}>
      <table className={styles.table}>
        <thead>
          <tr>
            {columns.map(({ id, title, width }) => (
              <th key={id} scope="col" style={{ width }}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} data-testid={rowTestId}>
              {columns.map(({ id, title, cell, oneLine }) => (
                <td key={id} data-title={title} className={oneLine ? styles.oneLine : undefined}>
                  <div>{cell(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Of the table's own place, not of the window: a dashboard's column is narrow on a wide screen. */
const narrow = '@container (max-width: 560px)';

const getStyles = (theme: GrafanaTheme2) => ({
  scroll: css({ overflowX: 'auto', containerType: 'inline-size' }),
  oneLine: css({ whiteSpace: 'nowrap', [narrow]: { whiteSpace: 'normal' } }),
  table: css({
    width: '100%',
    '& th, & td': {
      textAlign: 'left',
      padding: theme.spacing(0.75, 1),
      borderBottom: `1px solid ${theme.colors.border.weak}`,
      verticalAlign: 'top',
    },
    '& th': { color: theme.colors.text.secondary, whiteSpace: 'nowrap', fontWeight: theme.typography.fontWeightMedium },
    '& tbody tr:hover': { background: theme.colors.action.hover },
    [narrow]: {
      '&, & tbody': { display: 'block' },
      // Each value has its title.
      '& thead': { display: 'none' },
      '& tbody tr': {
        display: 'flex',
        flexWrap: 'wrap',
        gap: theme.spacing(0.25, 2),
        padding: theme.spacing(0.75, 0),
        borderBottom: `1px solid ${theme.colors.border.medium}`,
      },
      '& tbody td': {
        display: 'flex',
        gap: theme.spacing(0.75),
        maxWidth: '100%',
        padding: 0,
        border: 'none',
        overflowWrap: 'anywhere',
      },
      '& tbody td > div': { minWidth: 0 },
      '& tbody td::before': {
        content: 'attr(data-title)',
        flex: 'none',
        maxWidth: '45%',
        color: theme.colors.text.secondary,
      },
      '& tbody td:has(> div:empty)': { display: 'none' },
    },
  }),
});
