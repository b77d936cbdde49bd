export { AnomalyList } from './AnomalyList';
export { PhaseBadge, RiskBadge, SeverityBadge, VerdictBadge, phaseText } from './Badges';
export { Countdown } from './Countdown';
export { DataTable, type Column } from './DataTable';
export { Decision, type Decided } from './Decision';
export {
  ago,
  bandText,
  clock,
  clockAndAgo,
  duration,
  jsonText,
  newest,
  scoredText,
  scoreText,
  sentence,
  unitId,
  withUnit,
  words,
} from './format';
export { PlanReview } from './PlanReview';
export { Forecast, PlanView } from './PlanView';
export { SaidNotice } from './SaidNotice';
export { Section } from './Section';
export { type Mark } from './SeriesChart';
export { rangeOf, SeriesCharts, type Charted } from './SeriesCharts';
export { Answered, EmptyNotice, FailureNotice, LoadingNotice, StaleNotice, type Failed } from './States';
export { testIds } from './testIds';
export { Timeline } from './Timeline';
