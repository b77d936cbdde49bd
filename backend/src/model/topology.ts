import type { JsonObject } from './json.ts';
import type { Target } from './target.ts';

/** A change that the watch saw and that explains transients: masks samples, starts new regimes, ranks causes. */
export interface Intervention {
  readonly at: number;
  /** When the watch first saw that everything the change asked for runs (Unix s); absent while it does not. */
  readonly settledAt?: number;
  readonly kind: 'Rollout' | 'Scaling' | 'Restart' | 'NodeCordon' | 'Autoscaling';
  readonly target: Target;
  readonly byUs: boolean;
  readonly message: string;
}

/** Who owns what: kept by the reflector, asked by everyone. Unknown pods answer a provisional owner by their name. */
export interface Topology {
  readonly cluster: string;
  ownerOf(kind: string, namespace: string, name: string): Target | undefined;
  /** Another number whenever `ownerOf` may answer otherwise than before; without one nothing may be remembered. */
  revision?(): number | undefined;
  podsOf(target: Target): readonly { readonly name: string; readonly uid: string; readonly node: string }[];
  labelsOf(target: Target): Readonly<Record<string, string>>;
  namespaces(): readonly string[];
  targets(): readonly Target[];
  /** Interventions since `since` (Unix s), newest last. */
  interventions(since: number): readonly Intervention[];
  object(target: Target): JsonObject | undefined;
}
