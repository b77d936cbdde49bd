import {
  answerTo,
  at,
  number,
  targetName,
  text,
  type JsonObject,
  type Query,
  type Target,
} from '../../../model/index.ts';
import {
  anomaliesAround,
  anomaliesOf,
  eventsOf,
  raised,
  type CauseRule,
  type Noticed,
  type Symptoms,
} from '../symptoms.ts';
import { gitOpsOwner } from '../facts.ts';

const isQueue = (noticed: Noticed): boolean => anomaliesOf(noticed, 'queue', 'queue_lag').length > 0;
const inQueue = ({ suspect }: Noticed): string => `{namespace="${suspect.namespace}",pod=~"${suspect.name}-.+"}`;
const published = (noticed: Noticed): Query => ({
  ...{ kind: 'Metric', promql: `sum(rate(rabbitmq_queue_messages_published_total${inQueue(noticed)}[5m]))` },
});
const delivered = (noticed: Noticed): Query => ({
  ...{ kind: 'Metric', promql: `sum(rate(rabbitmq_queue_messages_delivered_total${inQueue(noticed)}[5m]))` },
});

const before = '[5m] offset 30m';
const publishedBefore = (noticed: Noticed): Query => ({
  ...{ kind: 'Metric', promql: `sum(rate(rabbitmq_queue_messages_published_total${inQueue(noticed)}${before}))` },
});

/** How much more CPU the pods of a user of the queue take than half an hour ago: consumers of a backlog work at their limit. */
const growth = (of: Target): Query => {
  const use = `container_cpu_usage_seconds_total{namespace="${of.namespace}",pod=~"${of.name}-.+",container!=""}`;
  return { kind: 'Metric', promql: `sum(rate(${use}[5m])) / sum(rate(${use}${before}))` };
};

const valueOf = ({ evidence }: Symptoms, query: Query): number => answerTo(evidence, query)?.values[0]?.value ?? NaN;
/** From this much more on, more is really more. */
const notable = 1.2;

interface User {
  readonly target: Target;
  /** CPU now in relation to half an hour ago. */
  readonly grown: number;
}

/** Who uses the queue: first whom nobody calls, as what only takes out is called by nobody; then whose work grew most. */
function usersOf(symptoms: Symptoms): readonly User[] {
  const busy = (target: Target): number => {
    const grown = valueOf(symptoms, growth(target));
    const shows = anomaliesAround(symptoms, target, 'cpu', 'throttling').some((one) => one.value > one.expected);
    return (Number.isFinite(grown) ? grown : 1) + (shows ? 1 : 0);
  };
  const { graph } = symptoms.around;
  return graph
    .callers(symptoms.suspect)
    .map((target) => ({ target, grown: busy(target), called: graph.callers(target).length > 0 }))
    .sort((a, b) => Number(a.called) - Number(b.called) || b.grown - a.grown);
}

/** Replicas at which the queue empties again, with a third to spare for what waits already. */
function replicasWanted(symptoms: Symptoms, replicas: number): number {
  const ratio = valueOf(symptoms, published(symptoms)) / valueOf(symptoms, delivered(symptoms));
  const wanted = Math.ceil(replicas * (Number.isFinite(ratio) ? Math.max(1, ratio) : 2) * 1.34);
  return Math.min(Math.max(wanted, replicas * 2), replicas * 5);
}

const replicasOf = (live: JsonObject | undefined): number =>
  at(live, 'spec', 'replicas') === undefined ? 1 : number(live, 'spec', 'replicas');

/** More is put into the queue than before and than is taken out: its consumers are too few. */
export const queueBacklog: CauseRule = {
  class: 'QueueBacklog',
  needs: (noticed) =>
    isQueue(noticed)
      ? [
          ...[published(noticed), delivered(noticed), publishedBefore(noticed)],
          ...noticed.around.graph.callers(noticed.suspect).slice(0, 8).map(growth),
        ]
      : [],
  judge(symptoms) {
    if (!isQueue(symptoms)) return undefined;
    const [consumer] = usersOf(symptoms);
    if (!consumer) return undefined;
    const more = valueOf(symptoms, published(symptoms)) / valueOf(symptoms, publishedBefore(symptoms));
    // Nobody puts in more, or nobody works harder: then it is what the consumers suffer from, and more of them would too.
    const fails = anomaliesAround(symptoms, consumer.target, 'errors').length > 0;
    const isLoad = more >= notable && consumer.grown >= notable && !fails;
    const live = symptoms.around.objects.object(consumer.target);
    const replicas = replicasOf(live);
    const { kind, name, namespace } = consumer.target;
    return {
      score: isLoad ? 0.93 : 0.4,
      message: `${targetName(consumer.target)} takes less out of ${targetName(symptoms.suspect)} than is put in`,
      evidence: raised(symptoms, 'queue', 'queue_lag').map((anomaly) => anomaly.sentence),
      facts: {
        ...{ kind, name, ns: namespace, queue: symptoms.suspect.name, replicas },
        replicasWanted: replicasWanted(symptoms, replicas),
        gitOps: gitOpsOwner(live) !== '',
      },
      target: consumer.target,
    };
  },
};

/** Runs of a CronJob that do not end, and the schedule starts the next one all the same. */
export const jobPileUp: CauseRule = {
  class: 'JobPileUp',
  judge(symptoms) {
    const { suspect, around } = symptoms;
    const [jobs] = anomaliesOf(symptoms, 'jobs');
    if (suspect.kind !== 'CronJob' || !jobs) return undefined;
    const live = around.objects.object(suspect);
    // Runs that find no node do not end because they never began.
    const [unplaced] = eventsOf(symptoms, 'FailedScheduling');
    return {
      score: unplaced ? 0.6 : 0.95,
      message: `${jobs.value} runs of ${targetName(suspect)} are active at the same time`,
      evidence: [
        ...(unplaced ? [unplaced.message.slice(0, 200)] : []),
        jobs.sentence,
        `concurrencyPolicy is ${text(live, 'spec', 'concurrencyPolicy') || 'Allow'}`,
      ],
      facts: { kind: 'CronJob', name: suspect.name, ns: suspect.namespace, active: jobs.value },
    };
  },
};
