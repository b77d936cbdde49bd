import { z } from 'zod';
import { resourceOf } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import type { Profile } from '../workloads/index.ts';
import { defineFault, role } from './fault.ts';
import type { Ground } from './ground.ts';
import { befall, edit, editContainer, nodeOf, ofRole, person, subjectOf } from './lookup.ts';

const neighbourLabel = 'transcoder';

const neighbour = (namespace: string, node: string): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace, name: neighbourLabel, labels: { app: neighbourLabel } },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: neighbourLabel } },
    template: {
      metadata: { labels: { app: neighbourLabel } },
      spec: {
        nodeSelector: { 'kubernetes.io/hostname': node },
        containers: [
          { name: 'main', image: 'quay.example/video/transcoder:1.0', resources: { requests: { cpu: '50m' } } },
        ],
      },
    },
  },
});

/** A workload without limits takes all the CPU of a node that it shares with others. */
export const noisyNeighbour = defineFault({
  kind: 'noisy-neighbour',
  class: 'NoisyNeighbour',
  params: z.strictObject({ near: role, cores: z.number().positive().default(9) }),
  async inject(ground, { near, cores }) {
    const { namespace } = ground.world.shop.byRole('report');
    const deployment = neighbour(namespace, nodeOf(ground, near));
    await ground.client.create(resourceOf('Deployment'), deployment, person);
    const undo = befall(ground, {
      touches: (pod) => pod.namespace === namespace && pod.labels['app'] === neighbourLabel,
      traits: () => ({ cpuExtra: cores }),
    });
    const subject = { kind: 'Deployment', namespace, name: neighbourLabel };
    const end = async (): Promise<void> => {
      await edit(ground, subject, { spec: { replicas: 0 } });
      await undo();
    };
    return { rootCause: subject, end };
  },
  recovery: ({ near }) => [
    { what: 'Crowding', of: near, below: 0.05 },
    { what: 'ReadyShare', of: near, atLeast: 1 },
  ],
});

/** Runs hang, and the schedule starts the next one all the same. */
export const cronPileUp = defineFault({
  kind: 'cronjob-pile-up',
  class: 'JobPileUp',
  params: z.strictObject({ role, schedule: z.string().default('*/2 * * * *') }),
  async inject(ground, { role, schedule }) {
    const profile = ground.world.shop.byRole(role);
    const undo = befall(ground, { touches: ofRole(role), traits: () => ({ latencyFactor: 200 }) });
    await edit(ground, subjectOf(profile), { spec: { schedule } });
    const end = async (): Promise<void> => {
      await edit(ground, subjectOf(profile), { spec: { schedule: profile.schedule } });
      await undo();
    };
    return { rootCause: subjectOf(profile), end };
  },
  recovery: ({ role }) => [{ what: 'ActiveJobs', of: role, below: 2 }],
});

/** Debug logging was left on: every payload goes to the node's disk. */
export const debugLogs = defineFault({
  kind: 'debug-logs',
  class: 'LogFlood',
  params: z.strictObject({ role }),
  async inject(ground, { role }) {
    const profile = ground.world.shop.byRole(role);
    const set = (value: string): Promise<void> =>
      editContainer(ground, profile, { env: [{ name: 'LOG_LEVEL', value }] });
    await set('debug');
    return { rootCause: subjectOf(profile), end: () => set('info') };
  },
  recovery: ({ role }) => [
    { what: 'LogRate', of: role, below: 1e6 },
    { what: 'ReadyShare', of: role, atLeast: 1 },
  ],
});

/** A policy that lets nobody in, written for another workload. */
export const denyingPolicy = defineFault({
  kind: 'network-policy',
  class: 'NetworkPolicy',
  params: z.strictObject({ role }),
  async inject(ground, { role }) {
    const profile = ground.world.shop.byRole(role);
    const subject = { kind: 'NetworkPolicy', namespace: profile.namespace, name: 'default-deny' };
    await ground.client.create(resourceOf('NetworkPolicy'), denyAll(profile), person);
    return { rootCause: subject, end: () => remove(ground, subject) };
  },
  recovery: () => [{ what: 'ErrorShare', of: 'frontend', below: 0.05 }],
});

const remove = ({ client }: Ground, subject: { readonly namespace: string; readonly name: string }): Promise<void> =>
  client.remove(resourceOf('NetworkPolicy'), subject);

const denyAll = ({ namespace, name }: Profile): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace, name: 'default-deny', labels: { app: name } },
  spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [] },
});
