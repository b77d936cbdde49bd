export { AnomalyList } from './AnomalyList';
export { PhaseBadge, RiskBadge, SeverityBadge, VerdictBadge, phaseText } from './Badges';
export { ChartLegend } from './ChartLegend';
export { Countdown } from './Countdown';
export { DataTable, type Column } from './DataTable';
export { Decision, type Decided } from './Decision';
export {
  ago,
  bandText,
  clock,
  duration,
  jsonText,
  newest,
  scoreText,
  sentence,
  unitId,
  withUnit,
  words,
} from './format';
export { PlanReview } from './PlanReview';
export { PlanView } from './PlanView';
export { SaidNotice } from './SaidNotice';
export { Section } from './Section';
export { SeriesChart, type Mark, type Region } from './SeriesChart';
export { Answered, EmptyNotice, FailureNotice, LoadingNotice, StaleNotice, type Failed } from './States';
export { testIds } from './testIds';
export { Timeline } from './Timeline';
export { useWidth } from './useWidth';
