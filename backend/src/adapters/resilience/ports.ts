import type { Document } from '../../model/index.ts';
import {
  AdapterError,
  type Collection,
  type Kubernetes,
  type MetricsSource,
  type Model,
  type ModelAnswer,
  type Silences,
  type Store,
} from '../../pipeline/ports.ts';
import { createGuard, type Guard, type GuardOptions } from './guard.ts';

export function guardMetrics(source: MetricsSource, options: GuardOptions): MetricsSource {
  const guard = createGuard('prometheus', options);
  return {
    query: (promql, at) => guard.read('query', () => source.query(promql, at)),
    queryRange: (promql, start, end, step) =>
      guard.read('query_range', () => source.queryRange(promql, start, end, step)),
    ping: () => guard.once('ping', () => source.ping()),
  };
}

/** Reads are retried; a write is never sent twice from here. */
export function guardKubernetes(kubernetes: Kubernetes, options: GuardOptions): Kubernetes {
  const guard = createGuard('kubernetes', options);
  return {
    clusterUid: () => guard.read('uid', () => kubernetes.clusterUid()),
    ask: (query) => guard.read('read', () => kubernetes.ask(query)),
    send: (request, how) => guard.once(how.dryRun ? 'dry_run' : 'write', () => kubernetes.send(request, how)),
    allowed: (permission) => guard.read('access_review', () => kubernetes.allowed(permission)),
    ping: () => guard.once('ping', () => kubernetes.ping()),
  };
}

function guardCollection<T extends Document>(collection: Collection<T>, guard: Guard): Collection<T> {
  return {
    get: (id) => guard.read('get', () => collection.get(id)),
    find: (find) => guard.read('find', () => collection.find(find)),
    count: (where) => guard.read('count', () => collection.count(where)),
    // An insert or a replacement whose answer was lost would look like somebody else's when repeated.
    insert: (document) => guard.once('insert', () => collection.insert(document)),
    replace: (document, expected) => guard.once('replace', () => collection.replace(document, expected)),
    upsert: (documents) => guard.read('upsert', () => collection.upsert(documents)),
    deleteWhere: (where) => guard.read('delete', () => collection.deleteWhere(where)),
  };
}

export function guardStore(store: Store, options: GuardOptions): Store {
  const guard = createGuard('store', options);
  return {
    kind: store.kind,
    incidents: guardCollection(store.incidents, guard),
    anomalies: guardCollection(store.anomalies, guard),
    events: guardCollection(store.events, guard),
    alerts: guardCollection(store.alerts, guard),
    audit: guardCollection(store.audit, guard),
    mutes: guardCollection(store.mutes, guard),
    settings: guardCollection(store.settings, guard),
    ping: () => guard.once('ping', () => store.ping()),
    close: () => store.close(),
  };
}

/** A model says why it did not answer instead of throwing; a loaded or silent one rests behind the circuit. */
export function guardModel(model: Model, options: GuardOptions): Model {
  const guard = createGuard('model', options);
  const guarded = async <T>(name: string, ask: () => Promise<ModelAnswer<T>>): Promise<ModelAnswer<T>> => {
    try {
      return await guard.once(name, () => orThrow(ask()));
    } catch (error) {
      if (error instanceof Unanswered) return error.answer;
      const message = error instanceof Error ? error.message : String(error);
      return { ok: false, reason: 'Unavailable', message };
    }
  };
  return {
    name: model.name,
    health: () => guard.health(),
    complete: (prompt) => guarded('complete', () => model.complete(prompt)),
    review: (prompt) => guarded('review', () => model.review(prompt)),
  };
}

export function guardSilences(silences: Silences, options: GuardOptions): Silences {
  const guard = createGuard('alertmanager', options);
  return {
    covering: (labels) => guard.read('silences', () => silences.covering(labels)),
    health: () => guard.health(),
  };
}

type Unable = ModelAnswer<never> & { readonly ok: false };
const passing = new Set(['Timeout', 'RateLimited', 'Unavailable']);

/** Carries an answer that counts as a failure of the service past the breaker, which only sees errors. */
class Unanswered extends AdapterError {
  readonly answer: Unable;
  constructor(answer: Unable) {
    super('model', answer.message, { retryable: true });
    this.answer = answer;
  }
}

async function orThrow<T>(asked: Promise<ModelAnswer<T>>): Promise<ModelAnswer<T>> {
  const answer = await asked;
  if (!answer.ok && passing.has(answer.reason)) throw new Unanswered(answer);
  return answer;
}
