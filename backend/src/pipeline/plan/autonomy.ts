import {
  definitionOf,
  type Autonomy,
  type Command,
  type Mode,
  type Policy,
  type Refusal,
  type Step,
  type Target,
} from '../../model/index.ts';

export interface Granted {
  readonly autonomy: Autonomy;
  readonly reason: string;
}

const ladder: readonly Autonomy[] = ['Observe', 'Suggest', 'Approve', 'Auto'];

/** The namespace that a command touches; empty for nodes and notifications. */
export const namespaceOf = (command: Command): string =>
  typeof command.params['ns'] === 'string' ? command.params['ns'] : '';

/** An action on several kinds of workload says which one by the parameter `kind`. */
const kindOf = ({ name, params }: Command): string =>
  typeof params['kind'] === 'string' ? params['kind'] : (definitionOf({ name }).kinds[0] ?? '');

/** The first rule that matches decides; a rule that names the action has said it on purpose. */
function grantStep(step: Step, policy: Policy): Granted {
  const { action } = step;
  const namespace = namespaceOf(action);
  const rule = policy.rules.find(
    (one) =>
      (one.namespaces?.includes(namespace) ?? true) &&
      (one.kinds?.includes(kindOf(action)) ?? true) &&
      (one.actions?.includes(action.name) ?? true),
  );
  const autonomy = rule?.autonomy ?? policy.defaultAutonomy;
  const definition = definitionOf(action);
  const named = rule?.actions !== undefined;
  if (autonomy === 'Auto' && !named && (definition.risk !== 'low' || !definition.reversible))
    return { autonomy: 'Approve', reason: 'RiskNeedsApproval' };
  return { autonomy, reason: rule ? 'PolicyRule' : 'PolicyDefault' };
}

/** What may be done with a plan without a person: the least that any of its steps is granted, and never Auto in MANUAL. */
export function grant(steps: readonly Step[], policy: Policy, mode: Mode): Granted {
  let least: Granted = { autonomy: 'Auto', reason: 'PolicyRule' };
  for (const step of steps.filter((one) => one.action.name !== 'notify_only')) {
    const granted = grantStep(step, policy);
    if (ladder.indexOf(granted.autonomy) < ladder.indexOf(least.autonomy)) least = granted;
  }
  if (mode === 'MANUAL' && least.autonomy === 'Auto') return { autonomy: 'Approve', reason: 'ModeManual' };
  return least;
}

export const protectedNamespace = (namespace: string, stepId: string): Refusal => ({
  reason: 'ProtectedNamespace',
  message: `namespace ${namespace} is protected by the policy (protectedNamespaces); step ${stepId} would touch it`,
});

/** A step into a protected namespace, or one that the policy does not let happen at all; undefined = none. */
export function forbidden(steps: readonly Step[], policy: Policy): Refusal | undefined {
  for (const step of steps) {
    const namespace = namespaceOf(step.action);
    if (namespace && policy.protectedNamespaces.includes(namespace)) return protectedNamespace(namespace, step.id);
  }
  return undefined;
}

/** What an approval is about: the incident's own namespace and every one that a step touches; '' stands for nodes. */
const approvedNamespaces = (target: Target, steps: readonly Step[]): readonly string[] => [
  target.namespace,
  ...steps.filter(({ action }) => action.name !== 'notify_only').map(({ action }) => namespaceOf(action)),
];

/** May this subject approve these steps for this target? An empty list lets every token with the role. */
export function mayApprove(
  { subject, issuer }: { readonly subject: string; readonly issuer: string },
  target: Target,
  steps: readonly Step[],
  policy: Policy,
): boolean {
  if (policy.approvers.length === 0) return true;
  const touched = approvedNamespaces(target, steps);
  return policy.approvers.some(
    (one) =>
      one.subject === subject &&
      one.issuer === issuer &&
      touched.every((namespace) => one.namespaces?.includes(namespace) ?? true),
  );
}
