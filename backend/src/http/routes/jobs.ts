import type { Document } from '../../model/index.ts';
import type { Collection, Done, LongWork } from '../../pipeline/ports.ts';
import type { z } from 'zod';
import { between, conditions } from '../find.ts';
import { pageFrom } from '../pages.ts';
import { available, HttpProblem } from '../problems.ts';
import { route, type Backend, type Route } from '../route.ts';
import { anomalyOf, scoredFrame } from '../views/anomaly-view.ts';
import { present, secondsOf, timeOf } from '../views/basic-view.ts';
import { auditOf, incidentRow } from '../views/incident-view.ts';
import { pageOf } from '../wire/basic.ts';
import { LegacyTrain } from '../wire/legacy.ts';
import { IdPath, ListQuery } from '../wire/queries.ts';
import { BacktestRequest, ExportRequest, JobCancel, TrainRequest } from '../wire/requests.ts';
import { Job, type BacktestResult } from '../wire/system.ts';

const exportAtMost = 20_000;

/** All documents of a range, page by page, so that an export can be cancelled. */
async function everything<T extends Document>(
  collection: Collection<T>,
  field: string,
  ask: ExportRequest,
  work: LongWork,
): Promise<T[]> {
  const where = conditions({ [field]: between(ask.from, ask.to) });
  const items: T[] = [];
  for (let cursor: string | undefined; items.length < exportAtMost && !work.signal.aborted;) {
    const page = await pageFrom(collection, { where, orderBy: { field, direction: 'desc' }, limit: 500, cursor });
    items.push(...page.items);
    work.progress(items.length / exportAtMost, `${items.length} read`);
    if (page.next === undefined) break;
    cursor = page.next;
  }
  return items;
}

async function exported({ store }: Backend, ask: ExportRequest, work: LongWork): Promise<Done<unknown>> {
  switch (ask.of) {
    case 'incidents':
      return { ok: true, value: (await everything(store.incidents, 'openedAt', ask, work)).map(incidentRow) };
    case 'anomalies':
      return { ok: true, value: (await everything(store.anomalies, 'startedAt', ask, work)).map(anomalyOf) };
    case 'audit':
      return { ok: true, value: (await everything(store.audit, 'at', ask, work)).map(auditOf) };
  }
}

async function backtested(
  { operations }: Backend,
  body: z.output<typeof BacktestRequest>,
  work: LongWork,
): Promise<Done<BacktestResult>> {
  const { promql } = body;
  if (promql === undefined) return replayed(operations, body, work);
  const run = available(operations.backtest, 'backtesting');
  const done = await run({ ...body, promql, from: secondsOf(body.from), to: secondsOf(body.to) }, work);
  if (!done.ok) return done;
  const { series, samples, incidents, lines } = done.value;
  return {
    ok: true,
    value: {
      ...{ promql, series, samples },
      incidents: incidents.map((one) => ({ ...one, from: timeOf(one.from), to: timeOf(one.to) })),
      lines: lines.map((line) => {
        const { name, time, score, expected, low, high } = scoredFrame(line);
        return {
          name,
          time,
          score,
          expected,
          low,
          high,
          value: line.values.map((v) => (Number.isFinite(v) ? v : null)),
        };
      }),
    },
  };
}

/** Everything that is watched, through both loops. */
async function replayed(
  operations: Backend['operations'],
  body: z.output<typeof BacktestRequest>,
  work: LongWork,
): Promise<Done<BacktestResult>> {
  const range = ({ from, to }: { from: string; to: string }) => ({ from: secondsOf(from), to: secondsOf(to) });
  const run = available(operations.replay, 'replaying history');
  const ask = { ...range(body), step: body.step, ...(body.labels && { labels: body.labels.map(range) }) };
  const done = await run(ask, work);
  if (!done.ok) return done;
  const { series, samples, incidents, labels, medianLead, ...numbers } = done.value;
  const told = incidents.map(({ at, until, target, title, signals, phase, cause, plan }) => ({
    ...{ target, title, phase, cause, signals: [...signals], from: timeOf(at), to: timeOf(until) },
    ...(plan && { plan: { ...plan, actions: [...plan.actions] } }),
  }));
  const met = labels && { labels: { count: labels.count, matched: labels.matched, ...lead(labels.medianLead) } };
  const replay = { ...numbers, ...lead(medianLead), ...met, incidents: told };
  return { ok: true, value: { promql: '', series, samples, incidents: [], lines: [], replay } };
}
const lead = (medianLead: number | undefined) => present({ medianLead });

/** Tells where a job can be polled. */
const located = <T extends { id: string }>(
  job: T,
  response: { setHeader(name: string, value: string): unknown },
): T => {
  response.setHeader('Location', `/api/v1/jobs/${job.id}`);
  return job;
};

function starters(backend: Backend): Route[] {
  const { jobs, operations } = backend;
  return [
    route({
      ...{ method: 'post', path: '/api/v1/backtests', tag: 'jobs', body: BacktestRequest, answers: Job, status: 202 },
      summary: 'What would have alerted on this query, or on all that is watched? Poll the job for the result',
      async handle({ body, by, response }) {
        available(operations.backtest, 'backtesting');
        return located(
          jobs.start('Backtest', by, (work) => backtested(backend, body, work)),
          response,
        );
      },
    }),
    route({
      ...{ method: 'post', path: '/api/v1/exports', tag: 'jobs', body: ExportRequest, answers: Job, status: 202 },
      summary: 'Everything of a range as JSON; poll the job for the result',
      handle: async ({ body, by, response }) =>
        located(
          jobs.start('Export', by, (work) => exported(backend, body, work)),
          response,
        ),
    }),
    route({
      ...{ method: 'post', path: '/api/v1/metrics/model/train', tag: 'compatibility', status: 202 },
      ...{ body: TrainRequest, answers: LegacyTrain },
      summary: 'Train the models that are trained; poll the job',
      async handle({ body, by, response }) {
        const train = available(operations.train, 'training');
        const job = located(
          jobs.start('Train', by, (work) => train(body.days, work)),
          response,
        );
        return { status: 'started', message: `training on ${body.days} days of history`, job_id: job.id };
      },
    }),
  ];
}

export function jobRoutes(backend: Backend): Route[] {
  const { jobs } = backend;
  const one = (id: string) => {
    const job = jobs.get(id);
    if (job) return job;
    throw new HttpProblem(404, 'JobNotFound', `there is no job ${id}; jobs end with the process that ran them`);
  };
  return [
    ...starters(backend),
    route({
      ...{ method: 'get', path: '/api/v1/jobs', tag: 'jobs', query: ListQuery, answers: pageOf(Job) },
      summary: 'Jobs of this process, newest first, without their results',
      handle: async ({ query }) => ({ items: jobs.list().slice(0, query.limit).map(withoutResult) }),
    }),
    route({
      ...{ method: 'get', path: '/api/v1/jobs/{id}', tag: 'jobs', params: IdPath, answers: Job },
      summary: 'How far a job is, and its result',
      handle: async ({ params }) => one(params.id),
    }),
    route({
      ...{ method: 'post', path: '/api/v1/jobs/cancel', tag: 'jobs', body: JobCancel, answers: Job },
      summary: 'Nobody waits for it any more',
      async handle({ body, by }) {
        const job = one(body.jobId);
        if (job.subject !== by.subject && by.role !== 'admin')
          throw new HttpProblem(403, 'Forbidden', `this job is ${job.subject}'s; an admin may cancel it too`);
        return jobs.cancel(job.id) ?? job;
      },
    }),
  ];
}
const withoutResult = ({ result: _left, ...job }: Job): Job => job;
