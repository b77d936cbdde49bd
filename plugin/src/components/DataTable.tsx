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
}
interface DataTableProps<T> {
  readonly label: string;
  readonly columns: ReadonlyArray<Column<T>>;
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  readonly rowTestId?: string;
}

/** A plain table that scrolls sideways on a narrow page, by keyboard too. */
export function DataTable<T>({ label, columns, rows, keyOf, rowTestId }: DataTableProps<T>) {
  const styles = useStyles2(getStyles);
  return (
    // What scrolls must be reachable by keyboard.
    <div className={styles.scroll} tabIndex={0} role="region" aria-label={label}>
      <table className={styles.table}>
        <thead>
          <tr>
            {columns.map(({ id, title }) => (
              <th key={id} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} data-testid={rowTestId}>
              {columns.map(({ id, cell, oneLine }) => (
                <td key={id} className={oneLine ? styles.oneLine : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  scroll: css({ overflowX: 'auto' }),
  oneLine: css({ whiteSpace: 'nowrap' }),
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
  }),
});
