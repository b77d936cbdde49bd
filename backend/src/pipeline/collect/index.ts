export { aggregate, type Aggregated } from './aggregate.ts';
export { alertTarget, isOwnAlert } from './alert-target.ts';
export { defaultQueries } from './default-queries.ts';
export { createAnswerRows, type AnswerRows } from './answer-rows.ts';
export { createLimits, type Limits } from './limits.ts';
export { changeHorizon, limitMasksAt, masksAt, type Masks } from './masks.ts';
export { matters } from './matters.ts';
export { createSeriesTable, type SeriesRow, type SeriesTable } from './series-table.ts';
export { targetOf } from './target-of.ts';
