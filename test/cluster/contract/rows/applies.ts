import assert from 'node:assert/strict';
import {
  apply,
  causesOf,
  configMap,
  deployment,
  deployments,
  expectStatus,
  merge,
  rvOf,
  settled,
  strategic,
  type Row,
  type Trial,
} from '../row.ts';
import type { Reply } from '../client.ts';
import type { KubeObject } from '../../runtime.ts';

const applied = (t: Trial, path: string, body: KubeObject, manager: string, more = ''): Promise<Reply> =>
  t.patch(`${path}?fieldManager=${manager}${more}`, body, apply);
const entriesOf = (object: KubeObject): KubeObject[] => (object['metadata'].managedFields ?? []) as KubeObject[];
const entry = (object: KubeObject, manager: string, operation: string): KubeObject | undefined =>
  entriesOf(object).find((one) => one['manager'] === manager && one['operation'] === operation);
const map = (data: Record<string, string>): KubeObject => configMap('a', data);

/** Server-side apply and managedFields. */
export const applyRows: readonly Row[] = [
  {
    id: 'ssa-creates',
    says: 'apply creates with 201, applies with 200, and a repeated apply changes nothing',
    async run(t) {
      const first = await applied(t, t.core('configmaps/a'), map({ k: '1' }), 'one');
      expectStatus(first, 201);
      const again = await applied(t, t.core('configmaps/a'), map({ k: '1' }), 'one');
      expectStatus(again, 200);
      assert.equal(rvOf(again.body), rvOf(first.body));
      assert.deepEqual(await t.read(t.core('configmaps/a')), first.body);
    },
  },
  {
    id: 'ssa-owned-fields',
    says: 'the manager of an apply owns exactly what it applied',
    async run(t) {
      const reply = await applied(t, t.core('configmaps/a'), map({ k: '1' }), 'one');
      const mine = entry(reply.body, 'one', 'Apply');
      assert.equal(mine?.['apiVersion'], 'v1');
      assert.equal(mine['fieldsType'], 'FieldsV1');
      assert.deepEqual(mine['fieldsV1'], { 'f:data': { 'f:k': {} } });
    },
  },
  {
    id: 'ssa-without-manager',
    says: 'apply without a fieldManager is 422',
    async run(t) {
      const reply = await t.patch(t.core('configmaps/a'), map({ k: '1' }), apply);
      expectStatus(reply, 422, 'Invalid');
      assert.equal(causesOf(reply)[0]?.['field'], 'fieldManager');
      expectStatus(await t.get(t.core('configmaps/a')), 404, 'NotFound');
    },
  },
  {
    id: 'ssa-conflict',
    says: 'a second manager with another value is 409 with FieldManagerConflict causes that name the manager and the path',
    async run(t) {
      const first = await applied(t, t.core('configmaps/a'), map({ k: '1' }), 'one');
      const reply = await applied(t, t.core('configmaps/a'), map({ k: '2' }), 'two');
      expectStatus(reply, 409, 'Conflict');
      const cause = causesOf(reply)[0];
      assert.equal(cause?.['reason'], 'FieldManagerConflict');
      assert.match(String(cause['message']), /conflict with "one"/);
      assert.equal(cause['field'], '.data.k');
      assert.deepEqual(await t.read(t.core('configmaps/a')), first.body);
    },
  },
  {
    id: 'ssa-force',
    says: 'force takes the field over: the other manager loses it',
    async run(t) {
      await applied(t, t.core('configmaps/a'), map({ k: '1', other: 'x' }), 'one');
      const reply = await applied(t, t.core('configmaps/a'), map({ k: '2' }), 'two', '&force=true');
      expectStatus(reply, 200);
      const read = await t.read(t.core('configmaps/a'));
      assert.deepEqual(read['data'], { k: '2', other: 'x' });
      assert.deepEqual(entry(read, 'one', 'Apply')?.['fieldsV1'], { 'f:data': { 'f:other': {} } });
      assert.deepEqual(entry(read, 'two', 'Apply')?.['fieldsV1'], { 'f:data': { 'f:k': {} } });
    },
  },
  {
    id: 'ssa-shared',
    says: 'two managers that apply the same value share the field; what one drops stays while the other holds it',
    async run(t) {
      await applied(t, t.core('configmaps/a'), map({ k: '1', mine: 'x' }), 'one');
      expectStatus(await applied(t, t.core('configmaps/a'), map({ k: '1' }), 'two'), 200);
      expectStatus(await applied(t, t.core('configmaps/a'), map({}), 'one'), 200);
      assert.deepEqual((await t.read(t.core('configmaps/a')))['data'], { k: '1' });
    },
  },
  {
    id: 'ssa-drop-removes',
    says: 'what the only manager no longer applies is removed',
    async run(t) {
      await applied(t, t.core('configmaps/a'), map({ k: '1', old: 'x' }), 'one');
      await applied(t, t.core('configmaps/a'), map({ k: '1' }), 'one');
      assert.deepEqual((await t.read(t.core('configmaps/a')))['data'], { k: '1' });
    },
  },
  {
    id: 'ssa-list-by-key',
    says: 'apply merges containers by name and owns the element it names',
    async run(t) {
      await t.made(deployments(t), deployment('a'));
      await settled(t, `${deployments(t)}/a`);
      const body = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'a' },
        spec: { template: { spec: { containers: [{ name: 'side', image: 's:1' }] } } },
      };
      const reply = await applied(t, `${deployments(t)}/a`, body, 'sidecar');
      expectStatus(reply, 200);
      const read = await t.read(`${deployments(t)}/a`);
      assert.deepEqual(
        (read['spec'].template.spec.containers as KubeObject[]).map((one) => one['name']),
        ['c', 'side'],
      );
      assert.deepEqual(entry(read, 'sidecar', 'Apply')?.['fieldsV1'], {
        'f:spec': {
          'f:template': {
            'f:spec': { 'f:containers': { 'k:{"name":"side"}': { '.': {}, 'f:image': {}, 'f:name': {} } } },
          },
        },
      });
    },
  },
  {
    id: 'ssa-conflict-with-update',
    says: 'apply conflicts with a manager that wrote the field by PATCH, and names it',
    async run(t) {
      await t.made(deployments(t), deployment('a'));
      await settled(t, `${deployments(t)}/a`);
      expectStatus(
        await t.patch(`${deployments(t)}/a?fieldManager=scaler`, { spec: { minReadySeconds: 3 } }, merge),
        200,
      );
      const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec: { minReadySeconds: 5 } };
      const reply = await applied(t, `${deployments(t)}/a`, body, 'gitops', '&dryRun=All');
      expectStatus(reply, 409, 'Conflict');
      assert.match(String(causesOf(reply)[0]?.['message']), /conflict with "scaler"/);
      assert.equal(causesOf(reply)[0]?.['field'], '.spec.minReadySeconds');
      assert.equal((await t.read(`${deployments(t)}/a`))['spec'].minReadySeconds, 3);
    },
  },
  {
    id: 'managed-fields-update',
    says: 'a PATCH is recorded under its fieldManager, operation Update, and takes the field from the manager before',
    async run(t) {
      await t.post(`${t.core('configmaps')}?fieldManager=maker`, map({ k: '1', l: '1' }));
      await t.patch(`${t.core('configmaps/a')}?fieldManager=kubewise`, { data: { k: '2' } }, strategic);
      const read = await t.read(t.core('configmaps/a'));
      assert.deepEqual(entry(read, 'kubewise', 'Update')?.['fieldsV1'], { 'f:data': { 'f:k': {} } });
      assert.deepEqual(entry(read, 'maker', 'Update')?.['fieldsV1'], { 'f:data': { '.': {}, 'f:l': {} } });
    },
  },
  {
    id: 'managed-fields-user-agent',
    says: 'without a fieldManager the first part of the user agent is the manager',
    async run(t) {
      const reply = await t.post(t.core('configmaps'), map({ k: '1' }), { userAgent: 'my-tool/v1.2 (linux)' });
      expectStatus(reply, 201);
      assert.ok(entry(await t.read(t.core('configmaps/a')), 'my-tool', 'Update'));
    },
  },
  {
    id: 'managed-fields-removed',
    says: 'a removed field is nobody’s any more',
    async run(t) {
      await t.post(`${t.core('configmaps')}?fieldManager=maker`, map({ k: '1', l: '1' }));
      await t.patch(`${t.core('configmaps/a')}?fieldManager=other`, { data: { k: null } }, merge);
      assert.deepEqual(entry(await t.read(t.core('configmaps/a')), 'maker', 'Update')?.['fieldsV1'], {
        'f:data': { '.': {}, 'f:l': {} },
      });
    },
  },
  {
    id: 'managed-fields-status',
    since: 22,
    says: 'a write to /status is recorded with subresource status',
    async run(t) {
      await t.made(deployments(t), deployment('a'));
      await t.patch(`${deployments(t)}/a/status?fieldManager=ctl`, { status: { collisionCount: 4 } }, merge);
      const mine = entriesOf(await t.read(`${deployments(t)}/a`)).find((one) => one['manager'] === 'ctl');
      assert.equal(mine?.['subresource'], 'status');
      assert.deepEqual(mine['fieldsV1'], { 'f:status': { 'f:collisionCount': {} } });
    },
  },
  {
    id: 'ssa-dry-run',
    says: 'a dry-run apply answers the result and stores nothing',
    async run(t) {
      const first = await applied(t, t.core('configmaps/a'), map({ k: '1' }), 'one');
      const reply = await applied(t, t.core('configmaps/a'), map({ k: '2' }), 'one', '&dryRun=All');
      expectStatus(reply, 200);
      assert.deepEqual(reply.body['data'], { k: '2' });
      assert.deepEqual(await t.read(t.core('configmaps/a')), first.body);
    },
  },
  {
    id: 'ssa-managed-fields-in-body',
    says: 'managedFields in an applied body is 400',
    async run(t) {
      const body = {
        ...map({ k: '1' }),
        metadata: {
          name: 'a',
          managedFields: [{ manager: 'x', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} }],
        },
      };
      expectStatus(await applied(t, t.core('configmaps/a'), body, 'one'), 400, 'BadRequest');
      expectStatus(await t.get(t.core('configmaps/a')), 404, 'NotFound');
    },
  },
];
