import { forbidden } from './status.ts';
import { existing } from './write.ts';
import type { Attributes, User } from './authorization.ts';
import { timestamp, type Call, type Context } from './context.ts';
import type { KubeObject } from '../runtime.ts';

function attributesOf(spec: KubeObject): Attributes {
  const path = spec['nonResourceAttributes'];
  if (path) return { verb: path.verb ?? '', group: '', resource: '', path: path.path ?? '' };
  const { verb = '', group = '', resource = '', subresource, namespace, name } = spec['resourceAttributes'] ?? {};
  return {
    verb,
    group,
    resource,
    ...(subresource && { subresource }),
    ...(namespace && { namespace }),
    ...(name && { name }),
  };
}

const reviewed = (call: Call, status: KubeObject): KubeObject => {
  const body = call.body as KubeObject;
  return {
    kind: call.resource.kind,
    apiVersion: `${call.resource.group}/v1`,
    metadata: { creationTimestamp: null },
    spec: body['spec'] ?? {},
    status,
  };
};

function access(context: Context, call: Call, user: User): KubeObject {
  const spec: KubeObject = (call.body as KubeObject)['spec'] ?? {};
  const allowed = context.authorizer.allows(user, attributesOf(spec));
  return reviewed(call, { allowed });
}

function rules(context: Context, call: Call): KubeObject {
  const namespace = String((call.body as KubeObject)['spec']?.namespace ?? '');
  if (!namespace) throw forbidden(call.resource, '', 'no namespace on request');
  const all = context.authorizer.rules(call.user, namespace);
  return {
    ...reviewed(call, {
      incomplete: false,
      nonResourceRules: all
        .filter((one) => one['nonResourceURLs'])
        .map(({ nonResourceURLs, verbs }) => ({ nonResourceURLs, verbs })),
      resourceRules: all
        .filter((one) => one['resources'])
        .map(({ apiGroups, resources, resourceNames, verbs }) => ({
          apiGroups,
          resources,
          ...(resourceNames && { resourceNames }),
          verbs,
        })),
    }),
    spec: {},
  };
}

function token(context: Context, call: Call): KubeObject {
  const user = context.users.get(String((call.body as KubeObject)['spec']?.token ?? ''));
  if (!user) return reviewed(call, { error: '[invalid bearer token]', user: {} });
  return reviewed(call, { authenticated: true, user: { username: user.name, uid: user.name, groups: user.groups } });
}

/** The virtual resources that answer questions: SSAR, SAR, LSAR, SSRR, TokenReview. */
export function review(context: Context, call: Call): KubeObject | undefined {
  const spec: KubeObject = (call.body as KubeObject | undefined)?.['spec'] ?? {};
  const other: User = { name: String(spec['user'] ?? ''), groups: (spec['groups'] as string[] | undefined) ?? [] };
  switch (call.resource.kind) {
    case 'SelfSubjectAccessReview':
      return access(context, call, call.user);
    case 'SubjectAccessReview':
    case 'LocalSubjectAccessReview':
      return access(context, call, other);
    case 'SelfSubjectRulesReview':
      return rules(context, call);
    case 'TokenReview':
      return token(context, call);
    default:
      return undefined;
  }
}

/** POST serviceaccounts/x/token: a bearer token for the account. */
export function tokenRequest(context: Context, call: Call): KubeObject {
  existing(context, call);
  const spec: KubeObject = (call.body as KubeObject | undefined)?.['spec'] ?? {};
  const seconds = Number(spec['expirationSeconds'] ?? 3600);
  const user: User = {
    name: `system:serviceaccount:${call.namespace}:${call.name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${call.namespace}`, 'system:authenticated'],
  };
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: call.name, namespace: call.namespace, creationTimestamp: timestamp(context.clock.now()) },
    spec: { audiences: ['https://kubernetes.default.svc'], ...spec, expirationSeconds: seconds },
    status: { token: context.issue(user), expirationTimestamp: timestamp(context.clock.now() + seconds) },
  };
}
