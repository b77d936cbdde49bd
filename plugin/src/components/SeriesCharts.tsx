import React, { type ReactNode } from 'react';
import { ChartLegend } from './ChartLegend';
import { SeriesChart, type SeriesChartProps } from './SeriesChart';
import { EmptyNotice } from './States';
import { useWidth } from './useWidth';

/** One series with what is drawn into it. */
export interface Charted extends Omit<SeriesChartProps, 'from' | 'to' | 'timeZone' | 'width' | 'height'> {
  readonly heading?: ReactNode;
  /** What is said below the chart. */
  readonly notes?: ReactNode;
}

/** The time that these series cover together. */
export const rangeOf = (all: ReadonlyArray<{ readonly time: readonly number[] }>) => ({
  from: Math.min(...all.map(({ time }) => time[0] ?? Infinity)),
  to: Math.max(...all.map(({ time }) => time[time.length - 1] ?? -Infinity)),
});

interface SeriesChartsProps {
  /** Kept as they are while nothing changes: a new list is drawn anew. */
  readonly charts: readonly Charted[];
  /** Unix milliseconds, the same for all: what happened at one time stands one below the other. */
  readonly range: { readonly from: number; readonly to: number };
  readonly height: number;
  readonly empty: string;
  /** What the regions are, for the legend. */
  readonly regions?: string;
  readonly timeZone?: string;
}

/** Series below each other over one time axis, with one legend; a sentence where there is none. */
export function SeriesCharts({ charts, range, height, empty, regions = 'anomaly', timeZone }: SeriesChartsProps) {
  const [ref, width] = useWidth();
  const { from, to } = range;
  const marks = charts.flatMap((one) => one.marks ?? []).filter(({ at }) => at >= from && at <= to);
  return (
    <div ref={ref}>
      {charts.map(({ heading, notes, ...chart }, index) => (
        <div key={`${index} ${chart.title}`}>
          {heading}
          {width > 0 && (
            <SeriesChart {...chart} from={from} to={to} timeZone={timeZone} width={width} height={height} />
          )}
          {notes}
        </div>
      ))}
      {charts.length === 0 ? (
        <EmptyNotice message={empty} />
      ) : (
        <ChartLegend
          regions={charts.some((one) => one.regions?.length) ? regions : undefined}
          hasChanges={marks.some(({ byUs }) => !byUs)}
          hasActions={marks.some(({ byUs }) => byUs)}
        />
      )}
    </div>
  );
}
