import { forestFrom, type FeedbackForest } from './detect/index.ts';
import type { Store } from './ports.ts';

/** Verdicts learnt again at start: the newest. */
const atMost = 5000;

/** The feedback forest as the stored verdicts of this cluster teach it, oldest first: a restart forgets nothing. */
export async function forestOfStore(store: Store, cluster: string, seed: number): Promise<FeedbackForest> {
  const found = await store.anomalies.find({
    where: { cluster, 'feedback.verdict': { exists: true } },
    orderBy: { field: 'updatedAt', direction: 'desc' },
    limit: atMost,
  });
  const labelled = found.flatMap(({ feedback, features }) =>
    feedback && Object.keys(features).length > 0
      ? [{ features, truePositive: feedback.verdict === 'TruePositive', at: feedback.at }]
      : [],
  );
  return forestFrom(labelled, seed);
}
