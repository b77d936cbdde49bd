import React, { useMemo, useState } from 'react';
import { css } from '@emotion/css';
import { colorManipulator, dateTimeFormat, type GrafanaTheme2 } from '@grafana/data';
import {
  AxisPlacement,
  DrawStyle,
  PointVisibility,
  ScaleDirection,
  ScaleOrientation,
  UPlotChart,
  UPlotConfigBuilder,
  useStyles2,
  useTheme2,
} from '@grafana/ui';
import { bandText, newest, withUnit } from './format';
import { testIds } from './testIds';

type Column = ReadonlyArray<number | null>;
/** uPlot's columns: times first, then the series in the order in which configOf adds them. */
type PlotData = [number[], ...Array<Array<number | null>>];
/** A time span (Unix ms) that is drawn over the whole height: an anomaly. `severity` colours it. */
export interface Region {
  readonly from: number;
  readonly to: number;
  readonly severity: string;
}
/** A point in time (Unix ms) at which somebody did something: a rollout, an action. */
export interface Mark {
  readonly at: number;
  readonly byUs: boolean;
}
export interface SeriesChartProps {
  readonly title: string;
  readonly unit: string;
  /** Unix milliseconds; every column is as long. */
  readonly time: readonly number[];
  readonly value: Column;
  readonly expected: Column;
  readonly low: Column;
  readonly high: Column;
  readonly from: number;
  readonly to: number;
  readonly regions?: readonly Region[];
  readonly marks?: readonly Mark[];
  readonly timeZone?: string;
  readonly width: number;
  readonly height: number;
}

/** The measured series over its expected band, with anomalies as regions and interventions as lines. */
export function SeriesChart(props: SeriesChartProps) {
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const [pointed, setPointed] = useState<number | null>(null);
  const { from, to, unit, timeZone, regions, marks } = props;
  const builder = useMemo(() => {
    const config = configOf(theme, { from, to, unit, timeZone, regions: regions ?? [], marks: marks ?? [] });
    config.addHook('setCursor', ({ cursor }) => setPointed(cursor.idx ?? null));
    return config;
  }, [theme, from, to, unit, timeZone, regions, marks]);
  const { time, value, expected, low, high } = props;
  const data = useMemo<PlotData>(
    () => [[...time], [...high], [...low], [...expected], [...value]],
    [time, high, low, expected, value]
  );
  return (
    <div role="img" aria-label={summary(props)} data-testid={testIds.chart.root} className={styles.chart}>
      <UPlotChart config={builder} data={data} width={props.width} height={props.height} />
      {pointed !== null && <span className={styles.pointed}>{pointText(props, pointed)}</span>}
    </div>
  );
}

/** What the chart says where the mouse points: `20:31:00 5.11, expected 0 to 0.2`. */
export function pointText({ time, value, low, high, unit, timeZone }: SeriesChartProps, at: number): string {
  const [ms, from, to] = [time[at], low[at], high[at]];
  if (ms === undefined) {
    return '';
  }
  const expected = typeof from === 'number' && typeof to === 'number' ? `, expected ${bandText([from, to], unit)}` : '';
  return `${dateTimeFormat(ms, { timeZone })}: ${withUnit(value[at], unit)}${expected}`;
}

/** What the picture says, for those who do not see it. */
export function summary({ title, unit, value, expected, regions, from, to }: SeriesChartProps): string {
  const count = regions?.length ?? 0;
  return (
    `${title}, ${dateTimeFormat(from)} to ${dateTimeFormat(to)}: now ${withUnit(newest(value), unit)}, ` +
    `expected ${withUnit(newest(expected), unit)}, ${count} ${count === 1 ? 'anomaly' : 'anomalies'}`
  );
}

interface Drawn {
  readonly from: number;
  readonly to: number;
  readonly unit: string;
  readonly timeZone: string | undefined;
  readonly regions: readonly Region[];
  readonly marks: readonly Mark[];
}

function configOf(theme: GrafanaTheme2, drawn: Drawn): UPlotConfigBuilder {
  const builder = new UPlotConfigBuilder(drawn.timeZone);
  addScales(builder, theme, drawn);
  const band = theme.visualization.getColorByName('blue');
  const line = (color: string, width: number, dash?: number[], showPoints = PointVisibility.Never) =>
    builder.addSeries({
      scaleKey: 'y',
      theme,
      drawStyle: DrawStyle.Line,
      showPoints,
      pointSize: 4,
      pointColor: color,
      lineColor: color,
      lineWidth: width,
      lineStyle: dash ? { fill: 'dash', dash } : undefined,
    });
  line(band, 0);
  line(band, 0);
  line(band, 1, [4, 4]);
  // A single known value has no line: it is a point.
  line(theme.visualization.getColorByName('green'), 2, undefined, PointVisibility.Auto);
  builder.addBand({ series: [1, 2], fill: colorManipulator.alpha(band, 0.18) });
  builder.addHook('drawClear', (u) => drawRegions(u.ctx, (ms) => u.valToPos(ms, 'x', true), u.bbox, theme, drawn));
  return builder;
}

/** Room for `0.240 cores` (px). */
const axisWidth = 84;

function addScales(builder: UPlotConfigBuilder, theme: GrafanaTheme2, { from, to, unit, timeZone }: Drawn): void {
  builder.addScale({
    scaleKey: 'x',
    isTime: true,
    orientation: ScaleOrientation.Horizontal,
    direction: ScaleDirection.Right,
    range: () => [from, to],
  });
  builder.addScale({
    scaleKey: 'y',
    orientation: ScaleOrientation.Vertical,
    direction: ScaleDirection.Up,
    range: (_, min, max) => roomFor(min, max),
  });
  builder.addAxis({ scaleKey: 'x', isTime: true, placement: AxisPlacement.Bottom, theme, timeZone });
  builder.addAxis({
    scaleKey: 'y',
    placement: AxisPlacement.Left,
    theme,
    // The same in all, so that charts below each other have one time axis.
    size: axisWidth,
    formatValue: (value: number) => withUnit(value, unit),
  });
}

/**
 * A little room around the values, and around nearly equal ones so much that what is written beside the axis differs. Where
 * all are the same the line is in the middle; one of zeros lies on the ground.
 */
export function roomFor(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null || (min === 0 && max === 0)) {
    return [0, 1];
  }
  if (min === max) {
    return [Math.min(0, 2 * min), Math.max(0, 2 * max)];
  }
  const room = Math.max((max - min) / 10, Math.max(Math.abs(min), Math.abs(max)) / 50);
  return [min >= 0 ? Math.max(0, min - room) : min - room, max + room];
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Painted before the series, so that the line stays on top. Every region is at least two pixels wide. */
function drawRegions(
  context: CanvasRenderingContext2D,
  at: (ms: number) => number,
  box: Box,
  theme: GrafanaTheme2,
  { regions, marks }: Drawn
): void {
  const right = box.left + box.width;
  context.save();
  for (const { from, to, severity } of regions) {
    const start = Math.max(box.left, at(from));
    const width = Math.max(2, Math.min(right, at(to)) - start);
    if (start <= right && start + width >= box.left) {
      context.fillStyle = colorManipulator.alpha(colorOf(theme, severity), 0.22);
      context.fillRect(start, box.top, width, box.height);
    }
  }
  for (const mark of marks) {
    context.fillStyle = mark.byUs ? theme.colors.success.main : theme.visualization.getColorByName('purple');
    context.fillRect(at(mark.at), box.top, 2, box.height);
  }
  context.restore();
}

const colorOf = (theme: GrafanaTheme2, severity: string): string =>
  severity === 'critical'
    ? theme.colors.error.main
    : severity === 'warning'
      ? theme.colors.warning.main
      : theme.colors.info.main;

const getStyles = (theme: GrafanaTheme2) => ({
  chart: css({ position: 'relative' }),
  pointed: css({
    position: 'absolute',
    top: 0,
    right: 0,
    padding: theme.spacing(0, 0.5),
    pointerEvents: 'none',
    background: theme.colors.background.elevated,
    borderRadius: theme.shape.radius.default,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
});
