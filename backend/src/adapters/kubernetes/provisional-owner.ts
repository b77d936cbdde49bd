import { text, type JsonObject, type Target } from '../../model/index.ts';

type Find = (kind: string, namespace: string, name: string) => JsonObject | undefined;

/** Random names in Kubernetes use this alphabet (apimachinery/pkg/util/rand): no vowels, no 0, 1 or 3. */
const random = '[bcdfghjklmnpqrstvwxz2456789]';

/** Who makes pods with such a name, the most telling first. `always`: the form alone is proof enough. */
const forms: readonly { readonly kind: string; readonly form: RegExp; readonly always: boolean }[] = [
  { kind: 'CronJob', form: /^(.+)-\d{8,10}-[a-z0-9]{5}$/, always: true },
  { kind: 'Deployment', form: new RegExp(`^(.+)-${random}{8,10}-${random}{5}$`), always: true },
  { kind: 'StatefulSet', form: /^(.+)-\d{1,5}$/, always: false },
  { kind: 'DaemonSet', form: new RegExp(`^(.+)-${random}{5}$`), always: false },
  { kind: 'Job', form: new RegExp(`^(.+)-${random}{5}$`), always: false },
  { kind: 'ReplicaSet', form: new RegExp(`^(.+)-${random}{5}$`), always: false },
];
const below: Readonly<Record<string, readonly string[]>> = {
  ReplicaSet: ['Deployment', 'ReplicaSet'],
  Job: ['CronJob', 'Job'],
};

/**
 * The likely owner of a pod that is not known (yet, or any more), by its name. An owner that the topology knows is
 * preferred; then a form of name that only one kind of controller makes, or that `controller` confirms.
 */
export function provisionalOwner(
  cluster: string,
  namespace: string,
  pod: string,
  find: Find,
  controller?: string,
): Target | undefined {
  const allowed = controller ? (below[controller] ?? [controller]) : undefined;
  const fitting = forms.flatMap(({ kind, form, always }) => {
    const name = form.exec(pod)?.[1];
    return name && (allowed?.includes(kind) ?? true) ? [{ kind, name, always }] : [];
  });
  for (const { kind, name } of fitting) {
    const known = find(kind, namespace, name);
    if (known) return { cluster, kind, namespace, name, uid: text(known, 'metadata', 'uid') };
  }
  const sure = fitting.find((one) => one.always || allowed !== undefined);
  return sure && { cluster, kind: sure.kind, namespace, name: sure.name };
}
