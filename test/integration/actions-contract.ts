import { expect, test } from 'vitest';
import {
  answerTo,
  definitionOf,
  parseCommand,
  type Action,
  type Answer,
  type Command,
  type Evidence,
  type Permission,
  type Progress,
  type Query,
  type Refusal,
} from '../../backend/src/model/index.ts';
import { rbacManifests } from '../../backend/src/cli/rbac.ts';
import { pinned, requestsOf } from '../../backend/src/pipeline/plan/index.ts';
import type { Kubernetes } from '../../backend/src/pipeline/ports.ts';
import {
  isDone,
  isOfSeveralWrites,
  isUndone,
  prepare,
  progressOf,
  rebuild,
  undoOf,
} from '../../backend/src/pipeline/remediate/index.ts';
import { resourceOf, type Resource } from '../cluster/client/index.ts';
import { deployment, template, toolsOf, type Site } from '../cluster/controllers/behaviour.ts';
import type { KubeObject } from '../cluster/runtime.ts';

/** A cluster with nodes of ours, and KubeWise's own way to it. */
export interface ActionSite extends Site {
  readonly kubernetes: Kubernetes;
  /** What the server calls HorizontalPodAutoscalers. */
  readonly autoscalers: Resource;
}

const namespace = 'default';
const named = (apiVersion: string, kind: string, name: string, spec: KubeObject): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace },
  spec,
});

/** The executor in small: what reconcile does with one step, without storing anything between two sentences. */
function executorOf(kubernetes: Kubernetes, clock: Pick<Site['clock'], 'now' | 'sleep'>) {
  const now = (): number => clock.now();
  async function evidenceOf(queries: readonly Query[]): Promise<Evidence> {
    const answers: Answer[] = [];
    for (const query of queries)
      if (!answerTo(answers, query)) answers.push({ ...(await kubernetes.ask(query)), at: now() });
    return answers;
  }
  const look = ({ name, params }: Command): Promise<Evidence> => evidenceOf(definitionOf({ name }).needs(params));
  const commandOf = (line: string): Command => {
    const parsed = parseCommand(line);
    return parsed.ok ? parsed.command : expect.fail(parsed.message);
  };
  const stepOf = async (line: string) => {
    const action = commandOf(line);
    const step = { id: 'one', action, dependsOn: [], preconditions: [], expectedOutcome: '', verification: '' };
    return pinned([step], await look(action))[0] ?? step;
  };

  const again = (action: Action, evidence: Evidence): Action => {
    const rebuilt = rebuild(action, evidence);
    return rebuilt.ok ? rebuilt.action : expect.fail(rebuilt.refusal.message);
  };
  /** Sends until the cluster shows all of it, or until the server answers with one of the statuses `refused`. */
  async function finish(action: Action, refused: readonly number[]): Promise<Action> {
    for (let current = action; ; current = again(current, await look(action.command))) {
      if (!current.request) expect.fail('nothing to send');
      const answer = await kubernetes.send(current.request, { dryRun: false });
      if (refused.includes(answer.status)) return current;
      expect(answer.message && `${answer.status}: ${answer.message}`).toBe('');
      if (isDone(current, await look(action.command))) return current;
      expect(isOfSeveralWrites(action), 'done after it was sent').toBe(true);
      await clock.sleep(1);
    }
  }

  return {
    refusalOf: async (line: string): Promise<Refusal | undefined> => {
      const command = commandOf(line);
      return definitionOf(command).refuse(command.params, await look(command));
    },
    /** Every right that the action names is one that the API server knows and grants. */
    isAllowed: async (line: string): Promise<boolean> => {
      const command = commandOf(line);
      const wanted = definitionOf(command).permissions(command.params);
      expect(wanted.length).toBeGreaterThan(0);
      return (await Promise.all(wanted.map((one) => kubernetes.allowed(one)))).every(Boolean);
    },
    /** What the API server says to every write of the action with dryRun=All: statuses, in order. */
    dryRun: async (line: string): Promise<readonly number[]> => {
      const step = await stepOf(line);
      const statuses: number[] = [];
      for (const { request } of requestsOf([step], await look(step.action), now()))
        statuses.push((await kubernetes.send(request, { dryRun: true })).status);
      return statuses;
    },
    /** Looks, refuses or writes, and looks again; of several writes one after the other, until a refusal or the end. */
    perform: async (line: string, id: string, refused: readonly number[] = []): Promise<Action> => {
      const step = await stepOf(line);
      const prepared = prepare(step, await look(step.action), { id, now: now(), approvedBy: 'a test' });
      if (!prepared.ok || !prepared.request) expect.fail(prepared.ok ? 'nothing to send' : prepared.refusal.message);
      expect(isDone(prepared.action, await look(step.action)), 'done before it was sent').toBe(false);
      return finish(prepared.action, refused);
    },
    /** Goes on with an action of several writes: what the executor does after a crash, or after a wait. */
    resume: async (action: Action): Promise<Action> => finish(again(action, await look(action.command)), []),
    progress: async (action: Action): Promise<Progress> => progressOf(action, await look(action.command)),
    undo: async (action: Action): Promise<void> => {
      const request = undoOf(action, await look(action.command), now());
      const answer = request ? await kubernetes.send(request, { dryRun: false }) : expect.fail('no way back');
      expect(answer.message && `${answer.status}: ${answer.message}`).toBe('');
      expect(isUndone(action, await look(action.command))).toBe(true);
    },
    canUndo: async (action: Action): Promise<boolean> =>
      undoOf(action, await look(action.command), now()) !== undefined,
  };
}

/** What every action does to a cluster, whoever's control plane it is. */
export function actionsContract(at: () => ActionSite): void {
  const site = () => {
    const given = at();
    const executor = executorOf(given.kubernetes, given.clock);
    const tools = toolsOf(given);
    const settled = (action: Action, seconds = 180): Promise<Progress> =>
      tools.until(
        `${action.command.name} settled`,
        async () => {
          const progress = await executor.progress(action);
          expect(progress.state, progress.message).not.toBe('Failed');
          return progress.state === 'Settled' && progress;
        },
        seconds,
      );
    return { ...given, ...tools, ...executor, settled };
  };

  test('update_hpa moves the bounds and back; what is set already, too much or below what runs is refused', async () => {
    const { create, read, rolledOut, perform, undo, settled, dryRun, isAllowed, refusalOf, until, ...given } = site();
    await create(deployment('scaled', 2));
    await rolledOut('scaled');
    const { autoscalers, client } = given;
    const hpa = () => client.get(autoscalers, { namespace, name: 'scaled' });
    await client.create(
      autoscalers,
      named(autoscalers.apiVersion, 'HorizontalPodAutoscaler', 'scaled', {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'scaled' },
        ...{ minReplicas: 2, maxReplicas: 4 },
      }),
    );
    const line = 'update_hpa name=scaled ns=default';
    await until('the autoscaler has counted', async () => (await hpa())?.['status']?.currentReplicas === 2);
    expect(await refusalOf(`${line} max=4`)).toMatchObject({ reason: 'NothingToDo' });
    expect(await refusalOf(`${line} min=1 max=1`)).toMatchObject({ reason: 'BelowCurrent' });
    expect(await refusalOf(`${line} max=17`)).toMatchObject({ reason: 'SizeRefused' });
    expect(await refusalOf(`${line} min=5`)).toMatchObject({ reason: 'BoundsCross' });
    expect(await refusalOf('update_hpa name=nobody ns=default max=4')).toMatchObject({ reason: 'TargetNotFound' });
    expect(await isAllowed(`${line} max=6`)).toBe(true);
    expect(await dryRun(`${line} min=3 max=6`)).toEqual([200]);
    const action = await perform(`${line} min=3 max=6`, 'hpa-1');
    await settled(action);
    expect((await read('Deployment', 'scaled'))?.['spec'].replicas).toBe(3);
    await undo(action);
    expect((await hpa())?.['spec']).toMatchObject({
      minReplicas: 2,
      maxReplicas: 4,
    });
    expect(await given.progress(action)).toMatchObject({ state: 'Failed', reason: 'Reverted' });
    expect(await given.canUndo(action)).toBe(false);
  });

  test('expand_pvc grows a volume; shrinking, growing without bound or without the class is refused', async () => {
    const { create, read, until, perform, settled, dryRun, isAllowed, refusalOf, ...given } = site();
    const { client } = given;
    for (const [name, allowVolumeExpansion] of [
      ['growing', true],
      ['fixed', false],
    ] as const) {
      await client.create(resourceOf('StorageClass'), {
        ...{ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name } },
        ...{ provisioner: 'csi.example', allowVolumeExpansion },
      });
      await create(
        named('v1', 'PersistentVolumeClaim', name, {
          accessModes: ['ReadWriteOnce'],
          storageClassName: name,
          resources: { requests: { storage: '2Gi' } },
        }),
      );
      expect(await refusalOf(`expand_pvc name=${name} ns=default size=3Gi`)).toMatchObject({ reason: 'NotBound' });
      await until(
        `${name} is bound`,
        async () => (await read('PersistentVolumeClaim', name))?.['status'].phase === 'Bound',
      );
    }
    const line = 'expand_pvc name=growing ns=default';
    expect(await refusalOf(`${line} size=1Gi`)).toMatchObject({ reason: 'SizeRefused' });
    expect(await refusalOf(`${line} size=9Gi`)).toMatchObject({ reason: 'SizeRefused' });
    expect(await refusalOf('expand_pvc name=fixed ns=default size=3Gi')).toMatchObject({ reason: 'NotExpandable' });
    // The API server says so too, without our reading of the class.
    expect(await dryRun('expand_pvc name=fixed ns=default size=3Gi')).toEqual([403]);
    expect(await isAllowed(`${line} size=4Gi`)).toBe(true);
    expect(await dryRun(`${line} size=4Gi`)).toEqual([200]);
    const action = await perform(`${line} size=4Gi`, 'pvc-1');
    await settled(action);
    expect((await read('PersistentVolumeClaim', 'growing'))?.['status'].capacity.storage).toBe('4Gi');
    expect(await given.canUndo(action)).toBe(false);
  });

  const started = (pods: readonly KubeObject[]): string[] => pods.map((one) => one['metadata'].uid as string).sort();
  const probe = { readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 2, failureThreshold: 1 } };
  const statefulSet = (name: string, replicas: number, more: KubeObject = {}): KubeObject =>
    named('apps/v1', 'StatefulSet', name, {
      ...{ replicas, serviceName: name, selector: { matchLabels: { app: name } }, template: template(name, {}, probe) },
      ...more,
    });
  const ready = (name: string, replicas: number) => async (): Promise<boolean> =>
    (await site().read('StatefulSet', name))?.['status']?.readyReplicas === replicas;

  test('scale_statefulset adds members in order and takes them back; a majority is never taken', async () => {
    const { create, until, perform, undo, settled, dryRun, isAllowed, refusalOf, podsOf, script } = site();
    await create(statefulSet('ordered', 3));
    await until('three members', ready('ordered', 3), 120);
    const line = 'scale_statefulset name=ordered ns=default';
    expect(await refusalOf(`${line} replicas=1`)).toMatchObject({ reason: 'QuorumAtRisk' });
    expect(await refusalOf(`${line} replicas=0`)).toMatchObject({ reason: 'ScaleToZero' });
    expect(await isAllowed(`${line} replicas=4`)).toBe(true);
    expect(await dryRun(`${line} replicas=4`)).toEqual([200]);
    const action = await perform(`${line} replicas=4`, 'sts-1');
    await settled(action);
    expect((await podsOf('ordered')).map((one) => one['metadata'].name).sort()).toContain('ordered-3');
    await undo(action);
    await until('three members again', async () => (await podsOf('ordered')).length === 3, 120);
    expect((await podsOf('ordered')).map((one) => one['metadata'].name)).not.toContain('ordered-3');

    script.states.set('ordered', () => ({ running: true, ready: false, live: true }));
    await until('nobody is ready', async () => !(await ready('ordered', 3)()), 120);
    expect(await refusalOf(`${line} replicas=4`)).toMatchObject({ reason: 'PodsNotReady' });
    script.states.delete('ordered');
  });

  test('restart_statefulset replaces every member; not where the rollout would not, nor where the quorum hangs by it', async () => {
    const { create, until, perform, settled, dryRun, isAllowed, refusalOf, canUndo, podsOf, patch } = site();
    await create(statefulSet('voters', 3));
    await create(statefulSet('by-hand', 1, { updateStrategy: { type: 'OnDelete' } }));
    await until('three members', ready('voters', 3), 120);
    const before = started(await podsOf('voters'));
    const line = 'restart_statefulset name=voters ns=default';
    expect(await refusalOf('restart_statefulset name=by-hand ns=default')).toMatchObject({
      reason: 'OnDeleteStrategy',
    });
    expect(await isAllowed(line)).toBe(true);
    expect(await dryRun(line)).toEqual([200]);
    const action = await perform(line, 'sts-2');
    await settled(action, 240);
    const after = started(await podsOf('voters'));
    expect(after).toHaveLength(3);
    expect(after.filter((uid) => before.includes(uid))).toEqual([]);
    expect(await canUndo(action)).toBe(false);

    await patch('StatefulSet', 'voters', { spec: { updateStrategy: { rollingUpdate: { partition: 2 } } } });
    expect(await refusalOf(line)).toMatchObject({ reason: 'RolloutPartitioned' });
  });

  const image = (version: string): KubeObject => ({
    spec: { template: { spec: { containers: [{ name: 'main', image: `registry.example/app:${version}` }] } } },
  });
  const imagesOf = async (app: string): Promise<string[]> =>
    (await site().podsOf(app)).map((pod) => String(pod['spec'].containers[0].image).split(':')[1] ?? '');

  test('rollback_statefulset frees a set that waits for a broken member; undo brings the release back', async () => {
    const { create, until, perform, undo, settled, dryRun, isAllowed, refusalOf, patch, podsOf, script } = site();
    script.missingImages.add('registry.example/app:broken');
    await create(statefulSet('release', 3));
    await until('three members', ready('release', 3), 120);
    const line = 'rollback_statefulset name=release ns=default';
    expect(await refusalOf(line)).toMatchObject({ reason: 'NoPreviousRevision' });
    await patch('StatefulSet', 'release', image('broken'));
    await until('a member is broken', async () => (await imagesOf('release')).includes('broken'), 120);
    expect(await refusalOf(`${line} revision=9`)).toMatchObject({ reason: 'NoPreviousRevision' });
    expect(await isAllowed(line)).toBe(true);
    // The template, and the member that stands in the way.
    expect(await dryRun(line)).toEqual([200, 200]);
    const well = started((await podsOf('release')).filter((pod) => pod['metadata'].name !== 'release-2'));
    const action = await perform(line, 'undo-1');
    await settled(action, 240);
    expect(await imagesOf('release')).toEqual(['1', '1', '1']);
    expect(started(await podsOf('release'))).toEqual(expect.arrayContaining(well));
    await undo(action);
    await until('the release is back', async () => (await imagesOf('release')).includes('broken'), 240);
  });

  test('rollback_daemonset puts the earlier template back on every node', async () => {
    const { create, until, read, perform, settled, dryRun, isAllowed, patch, script } = site();
    script.missingImages.add('registry.example/app:broken');
    const spec = { selector: { matchLabels: { app: 'probe' } }, template: template('probe') };
    await create(named('apps/v1', 'DaemonSet', 'probe', spec));
    await until('one on every node', async () => (await read('DaemonSet', 'probe'))?.['status']?.numberAvailable === 3);
    await patch('DaemonSet', 'probe', image('broken'));
    await until('a pod is broken', async () => (await imagesOf('probe')).includes('broken'), 120);
    const line = 'rollback_daemonset name=probe ns=default';
    expect(await isAllowed(line)).toBe(true);
    expect(await dryRun(line)).toEqual([200]);
    await settled(await perform(line, 'undo-2'), 240);
    expect(await imagesOf('probe')).toEqual(['1', '1', '1']);
  });

  test('increase_resources raises the limit of a StatefulSet too, member by member, and puts it back', async () => {
    const { create, until, perform, undo, settled, dryRun, isAllowed, refusalOf, podsOf } = site();
    const limits = (memory: string): KubeObject => ({
      resources: { limits: { memory }, requests: { memory: '64Mi' } },
    });
    await create(statefulSet('hungry', 2, { template: template('hungry', {}, limits('128Mi')) }));
    await until('two members', ready('hungry', 2), 120);
    const line = 'increase_resources name=hungry ns=default container=main';
    const memories = async () =>
      (await podsOf('hungry')).map((pod) => pod['spec'].containers[0].resources.limits.memory as string);
    expect(await refusalOf(`${line} memory=256Mi`)).toMatchObject({ reason: 'TargetNotFound' });
    expect(await refusalOf(`${line} kind=StatefulSet memory=1Gi`)).toMatchObject({ reason: 'SizeRefused' });
    expect(await isAllowed(`${line} kind=StatefulSet memory=256Mi`)).toBe(true);
    expect(await dryRun(`${line} kind=StatefulSet memory=256Mi`)).toEqual([200]);
    const action = await perform(`${line} kind=StatefulSet memory=256Mi`, 'res-1');
    await settled(action, 240);
    expect(await memories()).toEqual(['256Mi', '256Mi']);
    await undo(action);
    await until('the old limit', async () => (await memories()).join() === '128Mi,128Mi', 240);
  });

  test('restart_daemonset replaces the pod of every node', async () => {
    const { create, until, read, perform, settled, dryRun, isAllowed, refusalOf, podsOf } = site();
    const spec = { selector: { matchLabels: { app: 'agent' } }, template: template('agent') };
    await create(named('apps/v1', 'DaemonSet', 'agent', spec));
    await until('one on every node', async () => (await read('DaemonSet', 'agent'))?.['status']?.numberAvailable === 3);
    const before = started(await podsOf('agent'));
    const line = 'restart_daemonset name=agent ns=default';
    expect(await refusalOf('restart_daemonset name=nobody ns=default')).toMatchObject({ reason: 'TargetNotFound' });
    expect(await isAllowed(line)).toBe(true);
    expect(await dryRun(line)).toEqual([200]);
    await settled(await perform(line, 'ds-1'), 240);
    const after = started(await podsOf('agent'));
    expect(after).toHaveLength(3);
    expect(after.filter((uid) => before.includes(uid))).toEqual([]);
  });

  test('drain_node cordons, then evicts as far as budgets allow; bare pods and local data stop it; undo uncordons', async () => {
    const { create, until, client, budgets, rolledOut, perform, resume, undo, ...more } = site();
    const { settled, dryRun, isAllowed, refusalOf, canUndo, progress, podsOf } = more;
    const nodes = resourceOf('Node');
    await create(deployment('guarded', 2));
    await create(deployment('moving', 4));
    await rolledOut('guarded', 120);
    await rolledOut('moving', 120);
    await client.create(
      budgets,
      named(budgets.apiVersion, 'PodDisruptionBudget', 'guarded', {
        ...{ minAvailable: 2, selector: { matchLabels: { app: 'guarded' } } },
      }),
    );
    const budget = () => client.get(budgets, { namespace, name: 'guarded' });
    await until('the budget has counted', async () => (await budget())?.['status']?.currentHealthy === 2);
    const name = (await podsOf('guarded'))[0]?.['spec'].nodeName as string;
    const line = `drain_node name=${name}`;
    const on = async (app: string): Promise<number> =>
      (await podsOf(app)).filter((pod) => pod['spec'].nodeName === name && !pod['metadata'].deletionTimestamp).length;
    const others = await on('moving');

    const bare = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bare', namespace } };
    await create({ ...bare, spec: { ...template('bare')['spec'], nodeName: name } });
    expect(await refusalOf(line)).toMatchObject({ reason: 'BarePod' });
    await client.remove(resourceOf('Pod'), { namespace, name: 'bare' });
    await until('the bare pod is gone', async () => (await podsOf('bare')).length === 0 && !(await refusalOf(line)));
    expect(await refusalOf('drain_node name=nobody')).toMatchObject({ reason: 'TargetNotFound' });
    expect(await isAllowed(line)).toBe(true);
    const statuses = await dryRun(line);
    expect(statuses).toContain(429);
    expect(statuses.filter((status) => status < 300).length).toBeGreaterThanOrEqual(1 + others);

    // The budget stops it, wherever in the order it stands; the ones after it go all the same.
    const stopped = await perform(line, 'drain-1', [429]);
    expect((await client.get(nodes, { name }))?.['spec'].unschedulable).toBe(true);
    expect(await progress(stopped)).toMatchObject({ state: 'Progressing' });
    expect(await on('guarded')).toBeGreaterThan(0);
    await client.remove(budgets, { namespace, name: 'guarded' });
    const action = await until('the budget is gone', async () => (await budget()) === undefined && resume(stopped));
    await settled(action);
    expect([await on('guarded'), await on('moving')]).toEqual([0, 0]);
    expect(await on('agent')).toBe(1);
    expect(await refusalOf(line)).toMatchObject({ reason: 'NothingToDo' });

    await undo(action);
    expect((await client.get(nodes, { name }))?.['spec'].unschedulable).not.toBe(true);
    expect(await progress(action)).toMatchObject({ state: 'Failed', reason: 'Reverted' });
    expect(await canUndo(action)).toBe(false);
  });

  test('drain_node gives up data in emptyDir volumes only when told to, and never empties the last nodes', async () => {
    const { create, rolledOut, client, refusalOf, podsOf } = site();
    await create(deployment('scratch', 1, template('scratch', { volumes: [{ name: 'tmp', emptyDir: {} }] })));
    await rolledOut('scratch', 120);
    const name = (await podsOf('scratch'))[0]?.['spec'].nodeName as string;
    expect(await refusalOf(`drain_node name=${name}`)).toMatchObject({ reason: 'LocalStorage' });
    expect(await refusalOf(`drain_node name=${name} delete_emptydir_data=true`)).toBeUndefined();
    const others = (await client.list(resourceOf('Node'))).items.filter((one) => one['metadata'].name !== name);
    const cordon = (node: KubeObject, unschedulable: boolean) =>
      client.patch(resourceOf('Node'), { name: node['metadata'].name as string }, 'merge-patch', {
        spec: { unschedulable },
      });
    for (const [index, reason] of [
      [1, 'TooManyNodesUnhealthy'],
      [2, 'LastSchedulableNode'],
    ] as const) {
      for (const node of others.slice(0, index + 1)) await cordon(node, true);
      expect(await refusalOf(`drain_node name=${name} delete_emptydir_data=true`)).toMatchObject({ reason });
    }
    for (const node of others) await cordon(node, false);
  });

  test('failover_database promotes a ready standby, by name when asked, and the old primary again', async () => {
    const { create, until, read, client, perform, undo, settled, dryRun, isAllowed, refusalOf, canUndo } = site();
    const kind = resourceOf('Cluster');
    await create(named(kind.apiVersion, 'Cluster', 'pg', { instances: 3, storage: { size: '1Gi' } }));
    const status = async (): Promise<KubeObject> => (await read('Cluster', 'pg'))?.['status'] ?? {};
    await until('three are ready', async () => (await status())['readyInstances'] === 3, 180);
    const before = (await status())['currentPrimary'] as string;
    const line = 'failover_database name=pg ns=default';
    expect(await refusalOf('failover_database name=nobody ns=default')).toMatchObject({ reason: 'TargetNotFound' });
    expect(await refusalOf(`${line} to=${before}`)).toMatchObject({ reason: 'NothingToDo' });
    expect(await refusalOf(`${line} to=pg-9`)).toMatchObject({ reason: 'StandbyNotReady' });
    expect(await isAllowed(line)).toBe(true);
    expect(await dryRun(line)).toEqual([200]);
    expect((await status())['targetPrimary']).toBe(before);

    const action = await perform(line, 'db-1');
    const chosen = ['pg-1', 'pg-2', 'pg-3'].find((name) => name !== before);
    expect(action.command.params['to']).toBe(chosen);
    await settled(action);
    expect((await status())['currentPrimary']).toBe(chosen);
    await undo(action);
    await until('the old primary leads', async () => (await status())['currentPrimary'] === before, 120);
    expect(await canUndo(action)).toBe(false);

    const alone = named(kind.apiVersion, 'Cluster', 'alone', { instances: 1, storage: { size: '1Gi' } });
    await create(alone);
    const leads = async () => (await read('Cluster', 'alone'))?.['status']?.currentPrimary === 'alone-1';
    await until('it leads alone', leads, 120);
    expect(await refusalOf('failover_database name=alone ns=default')).toMatchObject({ reason: 'NoStandby' });
    for (const name of ['pg', 'alone']) await client.remove(kind, { namespace, name });
  });

  test('rotate_secrets has a certificate issued anew, once, and no Secret passes through KubeWise', async () => {
    const { create, until, read, client, perform, settled, dryRun, isAllowed, refusalOf, canUndo } = site();
    const kind = resourceOf('Certificate');
    await create(
      named(kind.apiVersion, 'Certificate', 'front', { secretName: 'front-tls', issuerRef: { name: 'own' } }),
    );
    const status = async (): Promise<KubeObject> => (await read('Certificate', 'front'))?.['status'] ?? {};
    const key = async () => (await read('Secret', 'front-tls'))?.['data']?.['tls.key'] as string | undefined;
    await until('it is issued', async () => (await status())['revision'] === 1, 120);
    const before = await key();
    const line = 'rotate_secrets name=front ns=default';
    expect(await refusalOf('rotate_secrets name=nobody ns=default')).toMatchObject({ reason: 'TargetNotFound' });
    expect(await refusalOf(`${line} revision=7`)).toMatchObject({ reason: 'TargetReplaced' });
    expect(await isAllowed(line)).toBe(true);
    expect(await dryRun(line)).toEqual([200]);
    expect((await status())['revision']).toBe(1);
    const action = await perform(line, 'cert-1');
    expect(JSON.stringify(action)).not.toContain(before);
    await settled(action);
    expect((await status())['revision']).toBe(2);
    expect(await key()).not.toBe(before);
    // The plan was about revision 1: it is not carried out twice.
    expect(await refusalOf(`${line} revision=1`)).toMatchObject({ reason: 'TargetReplaced' });
    expect(await canUndo(action)).toBe(false);
    await client.remove(kind, { namespace, name: 'front' });
  });

  test('`kubewise rbac` for one action and namespace grants all that the action needs there, and no other action', async () => {
    const { client } = site();
    const account = (name: string): string => `system:serviceaccount:kubewise:${name}`;
    const reviews: Resource = {
      ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', plural: 'subjectaccessreviews' },
      namespaced: false,
    };
    const isGranted = async (name: string, permission: Permission): Promise<boolean> => {
      const spec = { user: account(name), resourceAttributes: permission };
      const review = { apiVersion: reviews.apiVersion, kind: reviews.kind, metadata: {}, spec };
      return (await client.create(reviews, review))['status']?.allowed === true;
    };
    const needed = (action: string) => definitionOf({ name: action }).permissions({ name: 'any', ns: namespace });
    const writing = [
      'scale_deployment',
      'expand_pvc',
      'drain_node',
      'failover_database',
      'rotate_secrets',
      'restart_pod',
    ];
    for (const action of writing) {
      const name = action.replaceAll('_', '-');
      const options = { actions: action, namespace, name, serviceAccount: `kubewise/${name}` };
      for (const manifest of rbacManifests(options) as KubeObject[])
        await client.create(resourceOf(manifest['kind']), manifest);
      for (const permission of needed(action))
        await expect.poll(() => isGranted(name, permission), { timeout: 30_000, message: action }).toBe(true);
    }
    for (const action of writing)
      for (const other of writing.filter(
        (one) => one !== action && !(action === 'drain_node' && one === 'restart_pod'),
      )) {
        const granted = await Promise.all(needed(other).map((one) => isGranted(action.replaceAll('_', '-'), one)));
        expect(granted.every(Boolean), `${action} may ${other}`).toBe(false);
      }
  });
}
