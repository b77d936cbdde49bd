import { remove } from './delete.ts';
import { isObject } from './json.ts';
import { matchesSelector } from './selectors.ts';
import { ApiError, internal, success } from './status.ts';
import { existing, writeOptions } from './write.ts';
import type { Answer, Call, Context } from './context.ts';
import type { KubeObject } from '../runtime.ts';

const budgetShelf = 'poddisruptionbudgets.policy';

function budgetsOf(context: Context, pod: KubeObject): readonly KubeObject[] {
  return context.store
    .list(budgetShelf, pod['metadata'].namespace)
    .map(([, budget]) => budget)
    .filter((budget) => matchesSelector(budget['spec']?.selector, pod['metadata'].labels));
}

const blocked = (budget: KubeObject): ApiError => {
  const { name } = budget['metadata'];
  const { desiredHealthy = 0, currentHealthy = 0 } = budget['status'] ?? {};
  const message = `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  return new ApiError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message }],
  });
};

const isReady = (pod: KubeObject): boolean =>
  ((pod['status']?.conditions ?? []) as KubeObject[]).some(
    (one) => one['type'] === 'Ready' && one['status'] === 'True',
  );

/** Takes one disruption from the budget, as the real registry does before it deletes. */
function spend(context: Context, budget: KubeObject, pod: KubeObject): void {
  const status: KubeObject = budget['status'] ?? {};
  const disruptedPods = {
    ...status['disruptedPods'],
    [pod['metadata'].name]: new Date(context.clock.now() * 1000).toISOString().replace(/\.\d+/, ''),
  };
  context.store.put(budgetShelf, {
    ...budget,
    status: { ...status, disruptionsAllowed: Number(status['disruptionsAllowed'] ?? 0) - 1, disruptedPods },
  });
}

/** POST pods/x/eviction: 201, 429 when a budget forbids it, 500 when two budgets match. */
export function evict(context: Context, call: Call): Answer {
  const pod = existing(context, call);
  const body = isObject(call.body) ? call.body : {};
  const options: KubeObject = isObject(body['deleteOptions']) ? body['deleteOptions'] : {};
  const { dryRun } = writeOptions(call, options);
  const phase = pod['status']?.phase as string;
  const free = ['Succeeded', 'Failed', 'Pending'].includes(phase) || pod['metadata'].deletionTimestamp;
  const budgets = free ? [] : budgetsOf(context, pod);
  if (budgets.length > 1)
    throw new ApiError(
      500,
      '',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  const budget = budgets[0];
  if (budget) checkBudget(budget, pod);
  const answer = remove(
    context,
    { ...call, subresource: undefined },
    { ...options, ...(dryRun && { dryRun: ['All'] }) },
  );
  if (budget && !dryRun)
    spend(context, context.store.get(budgetShelf, pod['metadata'].namespace, budget['metadata'].name) ?? budget, pod);
  return answer ? { code: 201, body: success() } : { code: 500, body: internal('eviction').status };
}

function checkBudget(budget: KubeObject, pod: KubeObject): void {
  const status: KubeObject = budget['status'] ?? {};
  const current = Number(status['observedGeneration'] ?? 0) >= Number(budget['metadata'].generation ?? 0);
  if (!isReady(pod) && budget['spec'].unhealthyPodEvictionPolicy === 'AlwaysAllow') return;
  if (!current)
    throw new ApiError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
      causes: [
        {
          reason: 'DisruptionBudget',
          message: `The disruption budget ${budget['metadata'].name} is still being processed by the server.`,
        },
      ],
    });
  if (Number(status['disruptionsAllowed'] ?? 0) <= 0) throw blocked(budget);
}
