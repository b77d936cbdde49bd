import { ApiError, resourceOf, time } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import { withCondition, withoutCondition, writeStatus } from './conditions.ts';
import { itself, startController, type Controller, type ControllerContext, type Desk } from './controller.ts';
import { conditionOf, isTerminating, seconds } from './pods.ts';

/** Why the issuer does not issue for this certificate now; undefined = it does. */
export type IssuerProblem = (certificate: KubeObject) => string | undefined;

const issueSeconds = 3;
const retrySeconds = 60;

/**
 * cert-manager-like: keeps the Secret of each Certificate, renews it in time or when somebody sets the condition
 * `Issuing` (as `cmctl renew` does).
 */
export const startCertificates = (context: ControllerContext, problem: IssuerProblem = () => undefined): Controller =>
  startController(context, {
    name: 'certificates',
    component: 'cert-manager-certificates-issuing',
    watches: [['Certificate', itself]],
    async reconcile(key, desk) {
      const certificate = desk.of('Certificate').get(key);
      if (!certificate || isTerminating(certificate)) return undefined;
      const now = desk.clock.now();
      const renewal = seconds(certificate['status']?.renewalTime);
      const asked = conditionOf(certificate, 'Issuing')?.['status'] === 'True';
      if (!asked && renewal > now) return renewal - now;
      if (!asked) return begin(desk, certificate);
      const failure = problem(certificate);
      if (failure) return refuse(desk, certificate, failure);
      const left = seconds(conditionOf(certificate, 'Issuing')?.['lastTransitionTime']) + issueSeconds - now;
      return left > 0 ? left : issue(desk, certificate);
    },
  });

const hours = (text: string | undefined, fallback: number): number => {
  const [, value] = /^(\d+(?:\.\d+)?)h/.exec(text ?? '') ?? [];
  return (value === undefined ? fallback : Number(value)) * 3600;
};

async function begin(desk: Desk, certificate: KubeObject): Promise<number> {
  const message = certificate['status']?.renewalTime
    ? 'Renewing certificate as renewal was scheduled'
    : 'Issuing certificate as Secret does not exist';
  const condition = { type: 'Issuing', status: 'True', reason: 'Renewing', message } as const;
  const conditions = withCondition(certificate['status']?.conditions, condition, desk.clock.now());
  await writeStatus(desk.client, 'Certificate', certificate, { conditions });
  await desk.recorder.record({ about: certificate, type: 'Normal', reason: 'Issuing', message });
  return issueSeconds;
}

async function refuse(desk: Desk, certificate: KubeObject, message: string): Promise<number> {
  const now = desk.clock.now();
  const expired = seconds(certificate['status']?.notAfter) <= now;
  const ready = { type: 'Ready', status: 'False', reason: expired ? 'Expired' : 'Failed', message } as const;
  const conditions = expired
    ? withCondition(certificate['status']?.conditions, ready, now)
    : certificate['status']?.conditions;
  await writeStatus(desk.client, 'Certificate', certificate, { conditions });
  await desk.recorder.record({
    about: certificate,
    type: 'Warning',
    reason: 'Failed',
    message: `The certificate request has failed to complete: ${message}`,
  });
  return retrySeconds;
}

async function issue(desk: Desk, certificate: KubeObject): Promise<number> {
  const now = desk.clock.now();
  const lifetime = hours(certificate['spec'].duration, 2160);
  const notAfter = now + lifetime;
  const renewalTime = notAfter - hours(certificate['spec'].renewBefore, lifetime / 3600 / 3);
  await writeSecret(desk, certificate, notAfter);
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'Ready',
    message: 'Certificate is up to date and has not expired',
  } as const;
  await writeStatus(desk.client, 'Certificate', certificate, {
    notBefore: time(now),
    notAfter: time(notAfter),
    renewalTime: time(renewalTime),
    revision: Number(certificate['status']?.revision ?? 0) + 1,
    conditions: withCondition(withoutCondition(certificate['status']?.conditions, 'Issuing'), ready, now),
  });
  const message = 'The certificate has been successfully issued';
  await desk.recorder.record({ about: certificate, type: 'Normal', reason: 'Issuing', message });
  return renewalTime - now;
}

/** A stand-in for a key pair: nobody in the cluster speaks TLS with it, but consumers see that it changed. */
async function writeSecret(desk: Desk, certificate: KubeObject, notAfter: number): Promise<void> {
  const { namespace, name } = certificate['metadata'];
  const revision = Number(certificate['status']?.revision ?? 0) + 1;
  const text = (kind: string): string =>
    Buffer.from(`simulated ${kind} ${revision} for ${name}, valid until ${time(notAfter)}`).toString('base64');
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: certificate['spec'].secretName as string,
      namespace,
      annotations: { 'cert-manager.io/certificate-name': name },
    },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': text('certificate'), 'tls.key': text('key') },
  };
  try {
    await desk.client.create(resourceOf('Secret'), secret);
  } catch (error) {
    if (!ApiError.is(error, 409)) throw error;
    const ref = { namespace, name: secret.metadata.name };
    await desk.client.patch(resourceOf('Secret'), ref, 'merge-patch', { data: secret.data });
  }
}
