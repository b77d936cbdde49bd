import assert from 'node:assert/strict';
import {
  causesOf,
  configMap,
  deployment,
  deployments,
  expectStatus,
  merge,
  pod,
  settled,
  strategic,
  type Row,
  type Trial,
} from '../row.ts';
import type { Reply } from '../client.ts';
import type { KubeObject } from '../../runtime.ts';

const fields = (reply: Reply): string[] => causesOf(reply).map((one) => String(one['field']));
const container = (resources: KubeObject): KubeObject => ({ name: 'c', image: 'image:1', resources });
const template = (resources: KubeObject): KubeObject => ({
  metadata: { labels: { app: 'a' } },
  spec: { containers: [container(resources)] },
});

const claim = (name: string, rest: KubeObject = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...rest },
});
const size = (storage: string): KubeObject => ({ spec: { resources: { requests: { storage } } } });

/** A claim that counts as bound, of a class that allows growth or not. */
async function boundClaim(t: Trial, expandable: boolean): Promise<string> {
  const storageClass = `${t.ns}-${expandable}`;
  await t.made('/apis/storage.k8s.io/v1/storageclasses', {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: storageClass },
    provisioner: 'example.com/none',
    allowVolumeExpansion: expandable,
  });
  await t.made(
    t.core('persistentvolumeclaims'),
    claim('data', { storageClassName: storageClass, volumeName: `${t.ns}-volume` }),
  );
  const path = t.core('persistentvolumeclaims/data');
  expectStatus(
    await t.patch(
      `${path}/status`,
      { status: { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } } },
      merge,
    ),
    200,
  );
  return path;
}

/** Defaulting, validation, immutable fields, quota, limits. */
export const ruleRows: readonly Row[] = [
  {
    id: 'deployment-defaults',
    says: 'a deployment gets strategy 25 %/25 %, revisionHistoryLimit 10, progressDeadlineSeconds 600 and pod defaults',
    async run(t) {
      const { replicas: _r, paused: _p, ...spec } = deployment('a')['spec'] as KubeObject;
      const made = await t.made(`${deployments(t)}?dryRun=All`, { ...deployment('a'), spec });
      assert.deepEqual(made['spec'].strategy, {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' },
      });
      assert.deepEqual(
        [made['spec'].replicas, made['spec'].revisionHistoryLimit, made['spec'].progressDeadlineSeconds],
        [1, 10, 600],
      );
      const podSpec = made['spec'].template.spec as KubeObject;
      assert.deepEqual(podSpec, {
        containers: [
          {
            name: 'c',
            image: 'image:1',
            resources: {},
            terminationMessagePath: '/dev/termination-log',
            terminationMessagePolicy: 'File',
            imagePullPolicy: 'IfNotPresent',
          },
        ],
        restartPolicy: 'Always',
        terminationGracePeriodSeconds: 30,
        dnsPolicy: 'ClusterFirst',
        securityContext: {},
        schedulerName: 'default-scheduler',
      });
    },
  },
  {
    id: 'request-from-limit',
    says: 'a limit without a request sets the request of a pod; a template stays as it is',
    async run(t) {
      const limits = { memory: '64Mi' };
      await t.made(deployments(t), deployment('a', { template: template({ limits }) }));
      const inTemplate = (await t.read(`${deployments(t)}/a`))['spec'].template.spec.containers[0].resources;
      assert.deepEqual(inTemplate, { limits });
      await t.made(t.core('pods'), pod('a', { containers: [container({ limits })] }));
      const inPod = (await t.read(t.core('pods/a')))['spec'].containers[0].resources;
      assert.deepEqual(inPod, { limits, requests: limits });
    },
  },
  {
    id: 'requests-over-limits',
    says: 'requests above limits is 422 with the field in the causes; nothing is stored',
    async run(t) {
      const reply = await t.post(
        deployments(t),
        deployment('a', { template: template({ requests: { memory: '2Gi' }, limits: { memory: '1Gi' } }) }),
      );
      expectStatus(reply, 422, 'Invalid');
      assert.deepEqual(fields(reply), ['spec.template.spec.containers[0].resources.requests']);
      assert.equal(causesOf(reply)[0]?.['reason'], 'FieldValueInvalid');
      expectStatus(await t.get(`${deployments(t)}/a`), 404, 'NotFound');
    },
  },
  {
    id: 'selector-immutable',
    says: 'changing the selector of a deployment is 422 with field spec.selector',
    async run(t) {
      await t.made(deployments(t), deployment('a'));
      const before = (await settled(t, `${deployments(t)}/a`)).body;
      const reply = await t.patch(
        `${deployments(t)}/a`,
        { spec: { selector: { matchLabels: { app: 'b' } }, template: { metadata: { labels: { app: 'b' } } } } },
        merge,
      );
      expectStatus(reply, 422, 'Invalid');
      assert.deepEqual(fields(reply), ['spec.selector']);
      assert.deepEqual(await t.read(`${deployments(t)}/a`), before);
    },
  },
  {
    id: 'selector-matches-template',
    says: 'a template whose labels the selector does not match is 422',
    async run(t) {
      const reply = await t.post(deployments(t), deployment('a', { selector: { matchLabels: { app: 'other' } } }));
      expectStatus(reply, 422, 'Invalid');
      assert.deepEqual(fields(reply), ['spec.template.metadata.labels']);
      expectStatus(await t.get(`${deployments(t)}/a`), 404, 'NotFound');
    },
  },
  {
    id: 'pod-spec-immutable',
    says: 'most of a pod’s spec is immutable (422); the image is not',
    async run(t) {
      await t.made(t.core('pods'), pod('p'));
      const before = await t.read(t.core('pods/p'));
      const reply = await t.patch(
        t.core('pods/p'),
        { spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }] } },
        strategic,
      );
      expectStatus(reply, 422, 'Invalid');
      assert.deepEqual(fields(reply), ['spec']);
      assert.deepEqual(await t.read(t.core('pods/p')), before);
      expectStatus(
        await t.patch(t.core('pods/p'), { spec: { containers: [{ name: 'c', image: 'image:2' }] } }, strategic),
        200,
      );
      assert.equal((await t.read(t.core('pods/p')))['spec'].containers[0].image, 'image:2');
    },
  },
  {
    id: 'pod-new-status',
    says: 'a new pod is Pending with a QoS class, whatever status was sent',
    async run(t) {
      const made = await t.made(t.core('pods'), {
        ...pod('p', { containers: [container({ requests: { cpu: '100m' } })] }),
        status: { phase: 'Running' },
      });
      assert.deepEqual(made['status'], { phase: 'Pending', qosClass: 'Burstable' });
      assert.deepEqual((await t.read(t.core('pods/p')))['status'], made['status']);
    },
  },
  {
    id: 'immutable-secret',
    says: 'the data of an immutable secret cannot change (422)',
    async run(t) {
      const made = await t.made(t.core('secrets'), {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 's' },
        immutable: true,
        stringData: { k: 'v' },
      });
      assert.deepEqual(made['data'], { k: 'dg==' });
      const reply = await t.patch(t.core('secrets/s'), { data: { k: 'dw==' } }, merge);
      expectStatus(reply, 422, 'Invalid');
      assert.deepEqual(fields(reply), ['data']);
      assert.deepEqual(await t.read(t.core('secrets/s')), made);
    },
  },
  {
    id: 'immutable-configmap',
    says: 'the data of an immutable configmap cannot change (422)',
    async run(t) {
      const made = await t.made(t.core('configmaps'), { ...configMap('a', { k: '1' }), immutable: true });
      expectStatus(await t.patch(t.core('configmaps/a'), { data: { k: '2' } }, merge), 422, 'Invalid');
      assert.deepEqual(await t.read(t.core('configmaps/a')), made);
    },
  },
  {
    id: 'unknown-field-dropped',
    says: 'an unknown field without Strict validation is accepted and dropped',
    async run(t) {
      const reply = await t.post(t.core('configmaps'), { ...configMap('a', { k: '1' }), nonsense: true });
      expectStatus(reply, 201);
      assert.equal('nonsense' in (await t.read(t.core('configmaps/a'))), false);
    },
  },
  {
    id: 'unknown-field-strict',
    since: 25,
    says: 'fieldValidation=Strict makes an unknown field 400',
    async run(t) {
      const reply = await t.post(`${t.core('configmaps')}?fieldValidation=Strict`, {
        ...configMap('a'),
        nonsense: true,
      });
      expectStatus(reply, 400, 'BadRequest');
      assert.match(String(reply.body['message']), /strict decoding error: unknown field "nonsense"/);
      expectStatus(await t.get(t.core('configmaps/a')), 404, 'NotFound');
    },
  },
  {
    id: 'bad-name',
    says: 'a name that is no DNS subdomain is 422 on metadata.name',
    async run(t) {
      const reply = await t.post(t.core('configmaps'), configMap('Not_A_Name'));
      expectStatus(reply, 422, 'Invalid');
      assert.deepEqual(fields(reply), ['metadata.name']);
    },
  },
  {
    id: 'no-name',
    says: 'a body without a name is 422',
    async run(t) {
      const reply = await t.post(t.core('configmaps'), { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} });
      expectStatus(reply, 422, 'Invalid');
      assert.deepEqual(fields(reply), ['metadata.name']);
      assert.equal(causesOf(reply)[0]?.['reason'], 'FieldValueRequired');
    },
  },
  {
    id: 'pvc-grow-unbound',
    says: 'growing an unbound claim is 422',
    async run(t) {
      await t.made(t.core('persistentvolumeclaims'), claim('data'));
      const before = await t.read(t.core('persistentvolumeclaims/data'));
      expectStatus(await t.patch(t.core('persistentvolumeclaims/data'), size('2Gi'), merge), 422, 'Invalid');
      assert.deepEqual(await t.read(t.core('persistentvolumeclaims/data')), before);
    },
  },
  {
    id: 'pvc-grow-not-expandable',
    says: 'growing a bound claim whose class does not allow it is 403',
    async run(t) {
      const path = await boundClaim(t, false);
      const reply = await t.patch(path, size('2Gi'), merge);
      expectStatus(reply, 403, 'Forbidden');
      assert.match(String(reply.body['message']), /only dynamically provisioned pvc can be resized/);
      assert.equal((await t.read(path))['spec'].resources.requests.storage, '1Gi');
    },
  },
  {
    id: 'pvc-grow',
    says: 'growing a bound claim of an expandable class is 200, shrinking it is 422',
    async run(t) {
      const path = await boundClaim(t, true);
      expectStatus(await t.patch(path, size('2Gi'), merge), 200);
      assert.equal((await t.read(path))['spec'].resources.requests.storage, '2Gi');
      expectStatus(await t.patch(path, size('500Mi'), merge), 422, 'Invalid');
      assert.equal((await t.read(path))['spec'].resources.requests.storage, '2Gi');
    },
  },
  {
    id: 'quota-exceeded',
    says: 'a create over the quota is 403 that names quota, requested, used and limited; status.used counts',
    async run(t) {
      await t.made(t.core('resourcequotas'), {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'quota' },
        spec: { hard: { pods: '1' } },
      });
      await t.eventually(t.core('resourcequotas/quota'), (reply) => reply.body['status']?.hard?.pods === '1');
      await t.made(t.core('pods'), pod('a'));
      const reply = await t.post(t.core('pods'), pod('b'));
      expectStatus(reply, 403, 'Forbidden');
      assert.equal(
        reply.body['message'],
        'pods "b" is forbidden: exceeded quota: quota, requested: pods=1, used: pods=1, limited: pods=1',
      );
      assert.deepEqual(reply.body['details'], { name: 'b', kind: 'pods' });
      expectStatus(await t.get(t.core('pods/b')), 404, 'NotFound');
      await t.eventually(t.core('resourcequotas/quota'), (quota) => quota.body['status']?.used?.pods === '1');
    },
  },
  {
    id: 'quota-unspecified',
    says: 'a quota on cpu obliges pods to ask for some (403)',
    async run(t) {
      await t.made(t.core('resourcequotas'), {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'quota' },
        spec: { hard: { 'requests.cpu': '1' } },
      });
      await t.eventually(t.core('resourcequotas/quota'), (reply) => reply.body['status']?.hard !== undefined);
      const reply = await t.post(t.core('pods'), pod('a'));
      expectStatus(reply, 403, 'Forbidden');
      assert.match(String(reply.body['message']), /failed quota: quota: must specify requests.cpu/);
      expectStatus(
        await t.post(t.core('pods'), pod('b', { containers: [container({ requests: { cpu: '600m' } })] })),
        201,
      );
      const over = await t.post(t.core('pods'), pod('c', { containers: [container({ requests: { cpu: '600m' } })] }));
      expectStatus(over, 403, 'Forbidden');
      assert.match(
        String(over.body['message']),
        /exceeded quota: quota, requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1$/,
      );
      expectStatus(await t.get(t.core('pods/c')), 404, 'NotFound');
    },
  },
  {
    id: 'limit-range',
    says: 'a LimitRange fills in container defaults and refuses what is above its maximum (403)',
    async run(t) {
      const limits = [
        {
          type: 'Container',
          default: { memory: '128Mi' },
          defaultRequest: { memory: '64Mi' },
          max: { memory: '256Mi' },
        },
      ];
      await t.made(t.core('limitranges'), {
        apiVersion: 'v1',
        kind: 'LimitRange',
        metadata: { name: 'limits' },
        spec: { limits },
      });
      const until = Date.now() + 10_000;
      let made = await t.post(`${t.core('pods')}?dryRun=All`, pod('a'));
      while (!made.body['spec']?.containers[0].resources.limits && Date.now() < until)
        made = await t.post(`${t.core('pods')}?dryRun=All`, pod('a'));
      await t.made(t.core('pods'), pod('a'));
      assert.deepEqual((await t.read(t.core('pods/a')))['spec'].containers[0].resources, {
        limits: { memory: '128Mi' },
        requests: { memory: '64Mi' },
      });
      const reply = await t.post(t.core('pods'), pod('b', { containers: [container({ limits: { memory: '1Gi' } })] }));
      expectStatus(reply, 403, 'Forbidden');
      assert.match(String(reply.body['message']), /maximum memory usage per Container is 256Mi, but limit is 1Gi/);
      expectStatus(await t.get(t.core('pods/b')), 404, 'NotFound');
    },
  },
  {
    id: 'job-immutable-template',
    says: 'the template of a job cannot change (422); a restartPolicy Always is refused',
    async run(t) {
      const job = (policy: string): KubeObject => ({
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'j' },
        spec: {
          template: {
            spec: { schedulerName: 'nobody', restartPolicy: policy, containers: [{ name: 'c', image: 'image:1' }] },
          },
        },
      });
      const path = t.group('batch/v1', 'jobs');
      const refused = await t.post(path, job('Always'));
      expectStatus(refused, 422, 'Invalid');
      assert.ok(fields(refused).includes('spec.template.spec.restartPolicy'), refused.text);
      const made = await t.made(path, job('Never'));
      assert.deepEqual([made['spec'].backoffLimit, made['spec'].completions, made['spec'].parallelism], [6, 1, 1]);
      expectStatus(
        await t.patch(
          `${path}/j`,
          { spec: { template: { spec: { containers: [{ name: 'c', image: 'image:2' }] } } } },
          strategic,
        ),
        422,
        'Invalid',
      );
      assert.equal((await t.read(`${path}/j`))['spec'].template.spec.containers[0].image, 'image:1');
      await t.del(`${path}/j`, { propagationPolicy: 'Background' });
    },
  },
  {
    id: 'statefulset-immutable',
    says: 'a StatefulSet takes replicas and template, and refuses other spec changes (422)',
    async run(t) {
      const path = t.group('apps/v1', 'statefulsets');
      await t.made(path, {
        apiVersion: 'apps/v1',
        kind: 'StatefulSet',
        metadata: { name: 's' },
        spec: {
          serviceName: 's',
          replicas: 0,
          selector: { matchLabels: { app: 's' } },
          template: { metadata: { labels: { app: 's' } }, spec: { containers: [{ name: 'c', image: 'image:1' }] } },
        },
      });
      const reply = await t.patch(`${path}/s`, { spec: { serviceName: 'other' } }, merge);
      expectStatus(reply, 422, 'Invalid');
      assert.deepEqual(fields(reply), ['spec']);
      assert.equal((await t.read(`${path}/s`))['spec'].serviceName, 's');
      expectStatus(
        await t.patch(`${path}/s`, { spec: { template: { spec: { terminationGracePeriodSeconds: 5 } } } }, merge),
        200,
      );
    },
  },
];
