import assert from 'node:assert/strict';
import { configMap, deployment, expectStatus, merge, type Row, type Trial } from '../row.ts';
import type { KubeObject } from '../../runtime.ts';

const review = (attributes: KubeObject): KubeObject => ({
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SelfSubjectAccessReview',
  spec: { resourceAttributes: attributes },
});
const ssar = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const rbac = 'rbac.authorization.k8s.io/v1';

/** Gives the viewer a role in the row's namespace and waits until the server knows. */
async function grant(t: Trial, rules: readonly KubeObject[], probe: KubeObject): Promise<void> {
  await t.made(t.group(rbac, 'roles'), { apiVersion: rbac, kind: 'Role', metadata: { name: 'granted' }, rules });
  await t.made(t.group(rbac, 'rolebindings'), {
    apiVersion: rbac,
    kind: 'RoleBinding',
    metadata: { name: 'granted' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'granted' },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'viewer' }],
  });
  const until = Date.now() + 10_000;
  while (!(await allowed(t, { namespace: t.ns, ...probe }))) {
    assert.ok(Date.now() < until, 'the grant never took effect');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function allowed(t: Trial, attributes: KubeObject): Promise<boolean> {
  const reply = await t.post(ssar, review(attributes), viewer(t));
  expectStatus(reply, 201);
  assert.equal(reply.body['kind'], 'SelfSubjectAccessReview');
  return reply.body['status'].allowed as boolean;
}

const viewer = (t: Trial): { token: string } => ({ token: t.target.viewerToken });
const read = { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] };

/** Authentication, RBAC and access reviews. */
export const rightRows: readonly Row[] = [
  {
    id: 'bad-token',
    says: 'an unknown token is 401 Unauthorized',
    async run(t) {
      expectStatus(await t.get(t.core('configmaps'), { token: 'nonsense' }), 401, 'Unauthorized');
    },
  },
  {
    id: 'list-forbidden',
    says: 'a list without rights is 403 with details that name the resource',
    async run(t) {
      const reply = await t.get(t.core('pods'), viewer(t));
      expectStatus(reply, 403, 'Forbidden');
      assert.equal(
        reply.body['message'],
        `pods is forbidden: User "viewer" cannot list resource "pods" in API group "" in the namespace "${t.ns}"`,
      );
      assert.deepEqual(reply.body['details'], { kind: 'pods' });
    },
  },
  {
    id: 'write-forbidden',
    says: 'a write without rights is 403 and nothing changes',
    async run(t) {
      const made = await t.made(t.core('configmaps'), configMap('a', { k: '1' }));
      const reply = await t.patch(t.core('configmaps/a'), { data: { k: '2' } }, merge, viewer(t));
      expectStatus(reply, 403, 'Forbidden');
      assert.equal(
        reply.body['message'],
        `configmaps "a" is forbidden: User "viewer" cannot patch resource "configmaps" in API group "" in the namespace "${t.ns}"`,
      );
      assert.deepEqual(reply.body['details'], { name: 'a', kind: 'configmaps' });
      assert.deepEqual(await t.read(t.core('configmaps/a')), made);
    },
  },
  {
    id: 'cluster-forbidden',
    says: 'a cluster-wide list without rights says so',
    async run(t) {
      const reply = await t.get('/api/v1/nodes', viewer(t));
      expectStatus(reply, 403, 'Forbidden');
      assert.equal(
        reply.body['message'],
        'nodes is forbidden: User "viewer" cannot list resource "nodes" in API group "" at the cluster scope',
      );
    },
  },
  {
    id: 'ssar',
    says: 'SelfSubjectAccessReview is 201 with allowed false, and true once a role is bound',
    async run(t) {
      assert.equal(await allowed(t, { namespace: t.ns, verb: 'list', resource: 'configmaps' }), false);
      await grant(t, [read], { verb: 'list', resource: 'configmaps' });
      assert.equal(await allowed(t, { namespace: t.ns, verb: 'list', resource: 'configmaps' }), true);
      assert.equal(await allowed(t, { namespace: t.ns, verb: 'delete', resource: 'configmaps' }), false);
      assert.equal(await allowed(t, { namespace: 'default', verb: 'list', resource: 'configmaps' }), false);
    },
  },
  {
    id: 'role-guards',
    says: 'a bound role lets exactly its verbs through',
    async run(t) {
      await t.made(t.core('configmaps'), configMap('a', { k: '1' }));
      await grant(t, [read], { verb: 'get', resource: 'configmaps' });
      expectStatus(await t.get(t.core('configmaps/a'), viewer(t)), 200);
      expectStatus(await t.del(t.core('configmaps/a'), undefined, viewer(t)), 403, 'Forbidden');
      assert.deepEqual((await t.read(t.core('configmaps/a')))['data'], { k: '1' });
    },
  },
  {
    id: 'resource-names',
    says: 'resourceNames narrows a role to those names',
    async run(t) {
      for (const name of ['a', 'b']) await t.made(t.core('configmaps'), configMap(name));
      await grant(t, [{ ...read, resourceNames: ['a'] }], { verb: 'get', resource: 'configmaps', name: 'a' });
      expectStatus(await t.get(t.core('configmaps/a'), viewer(t)), 200);
      expectStatus(await t.get(t.core('configmaps/b'), viewer(t)), 403, 'Forbidden');
    },
  },
  {
    id: 'scale-subresource-rights',
    says: 'rights on deployments do not reach deployments/scale: the subresource must be named',
    async run(t) {
      await t.made(t.group('apps/v1', 'deployments'), deployment('a'));
      await grant(t, [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'patch'] }], {
        verb: 'patch',
        group: 'apps',
        resource: 'deployments',
      });
      assert.equal(
        await allowed(t, {
          namespace: t.ns,
          verb: 'patch',
          group: 'apps',
          resource: 'deployments',
          subresource: 'scale',
        }),
        false,
      );
      const reply = await t.patch(
        t.group('apps/v1', 'deployments/a/scale'),
        { spec: { replicas: 2 } },
        merge,
        viewer(t),
      );
      expectStatus(reply, 403, 'Forbidden');
      assert.match(String(reply.body['message']), /cannot patch resource "deployments\/scale" in API group "apps"/);
      assert.equal((await t.read(t.group('apps/v1', 'deployments/a')))['spec'].replicas, 0);
    },
  },
  {
    id: 'ssrr',
    says: 'SelfSubjectRulesReview lists the rules of a namespace',
    async run(t) {
      await grant(t, [read], { verb: 'get', resource: 'configmaps' });
      const reply = await t.post(
        '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
        { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace: t.ns } },
        viewer(t),
      );
      expectStatus(reply, 201);
      const rules = reply.body['status'].resourceRules as KubeObject[];
      assert.ok(
        rules.some(
          (one) => (one['resources'] as string[]).includes('configmaps') && (one['verbs'] as string[]).includes('list'),
        ),
        reply.text,
      );
      assert.ok(
        rules.some((one) => (one['resources'] as string[]).includes('selfsubjectaccessreviews')),
        reply.text,
      );
      assert.equal(reply.body['status'].incomplete, false);
    },
  },
  {
    id: 'sar',
    says: 'SubjectAccessReview answers for another user; a user without rights may not ask',
    async run(t) {
      const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
      const body = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user: 'viewer', resourceAttributes: { namespace: t.ns, verb: 'list', resource: 'pods' } },
      };
      const reply = await t.post(path, body);
      expectStatus(reply, 201);
      assert.equal(reply.body['status'].allowed, false);
      expectStatus(await t.post(path, body, viewer(t)), 403, 'Forbidden');
    },
  },
  {
    id: 'token-review',
    says: 'TokenReview names the user of a token and refuses nonsense',
    async run(t) {
      const ask = (token: string): Promise<KubeObject> =>
        t.made('/apis/authentication.k8s.io/v1/tokenreviews', {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenReview',
          spec: { token },
        });
      const good = await ask(t.target.viewerToken);
      assert.equal(good['status'].authenticated, true);
      assert.equal(good['status'].user.username, 'viewer');
      assert.ok(!(await ask('nonsense'))['status'].authenticated);
    },
  },
  {
    id: 'service-account-token',
    says: 'a service account gets a token by serviceaccounts/token and acts under its own rights',
    async run(t) {
      await t.made(t.core('serviceaccounts'), {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'robot' },
      });
      const reply = await t.post(t.core('serviceaccounts/robot/token'), {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 3600 },
      });
      expectStatus(reply, 201);
      const refused = await t.get(t.core('configmaps'), { token: reply.body['status'].token as string });
      expectStatus(refused, 403, 'Forbidden');
      assert.match(
        String(refused.body['message']),
        new RegExp(`User "system:serviceaccount:${t.ns}:robot" cannot list`),
      );
    },
  },
  {
    id: 'impersonation',
    says: 'who may impersonate is judged by the rights of the other user; who may not is 403',
    async run(t) {
      const refused = await t.get(t.core('pods'), { as: 'viewer' });
      expectStatus(refused, 403, 'Forbidden');
      assert.match(String(refused.body['message']), /User "viewer" cannot list resource "pods"/);
      const notAllowed = await t.get(t.core('pods'), { ...viewer(t), as: 'admin' });
      expectStatus(notAllowed, 403, 'Forbidden');
      assert.match(String(notAllowed.body['message']), /User "viewer" cannot impersonate resource "users"/);
    },
  },
  {
    id: 'role-ref-immutable',
    says: 'the roleRef of a binding cannot change (422)',
    async run(t) {
      await grant(t, [read], { verb: 'get', resource: 'configmaps' });
      const reply = await t.patch(
        t.group(rbac, 'rolebindings/granted'),
        { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'other' } },
        merge,
      );
      expectStatus(reply, 422, 'Invalid');
      assert.equal((await t.read(t.group(rbac, 'rolebindings/granted')))['roleRef'].name, 'granted');
    },
  },
];
