import React from 'react';
import { css } from '@emotion/css';
import { colorManipulator, type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';

interface LegendProps {
  /** What the regions are; without it there are none. */
  readonly regions?: string;
  readonly hasChanges: boolean;
  readonly hasActions: boolean;
}

/** What the colours of the charts above mean: of what they show, and no more. */
export function ChartLegend({ regions, hasChanges, hasActions }: LegendProps) {
  const styles = useStyles2(getStyles);
  return (
    <ul className={styles.legend} aria-label="Legend">
      <li>
        <span className={styles.value} /> measured
      </li>
      <li>
        <span className={styles.band} /> expected band
      </li>
      {regions && (
        <li>
          <span className={styles.region} /> {regions}
        </li>
      )}
      {hasChanges && (
        <li>
          <span className={styles.change} /> change
        </li>
      )}
      {hasActions && (
        <li>
          <span className={styles.action} /> action of KubeWise
        </li>
      )}
    </ul>
  );
}

const getStyles = (theme: GrafanaTheme2) => {
  const key = { display: 'inline-block', width: 14, height: 10, borderRadius: theme.shape.radius.default };
  return {
    legend: css({
      listStyle: 'none',
      display: 'flex',
      flexWrap: 'wrap',
      gap: theme.spacing(0, 2),
      margin: theme.spacing(0.5, 0, 1),
      color: theme.colors.text.secondary,
      fontSize: theme.typography.bodySmall.fontSize,
    }),
    value: css({ ...key, height: 2, verticalAlign: 'middle', background: theme.visualization.getColorByName('green') }),
    band: css({ ...key, background: colorManipulator.alpha(theme.visualization.getColorByName('blue'), 0.3) }),
    region: css({ ...key, background: colorManipulator.alpha(theme.colors.error.main, 0.4) }),
    change: css({ ...key, width: 3, background: theme.visualization.getColorByName('purple') }),
    action: css({ ...key, width: 3, background: theme.colors.success.main }),
  };
};
