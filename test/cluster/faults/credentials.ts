import { z } from 'zod';
import { resourceOf, time } from '../client/index.ts';
import type { KubeObject } from '../runtime.ts';
import type { Profile } from '../workloads/index.ts';
import { defineFault, role } from './fault.ts';
import type { Ground, Subject } from './ground.ts';
import { edit, editContainer, imageOf, subjectOf } from './lookup.ts';
import { nextImage } from './releases.ts';

const encoded = (text: string): string => Buffer.from(text).toString('base64');
const secretOf = (profile: Profile, name: string | undefined): Subject => {
  if (!name) throw new Error(`the role "${profile.role}" has no such secret`);
  return { kind: 'Secret', namespace: profile.namespace, name };
};

const registryLogin = (auth: string): { readonly data: KubeObject } => ({
  data: { '.dockerconfigjson': encoded(`{"auths":{"registry.example":{"auth":"${encoded(auth)}"}}}`) },
});

/** What a person puts into a Secret with which images are pulled again. */
export const renewedLogin = registryLogin('puller:renewed');

/** The registry no longer takes the credential: images that a node has run on; the next release is not pulled. */
export const pullSecretExpired = defineFault({
  kind: 'pull-secret-expired',
  class: 'ImagePull',
  params: z.strictObject({ role }),
  async inject(ground, { role }) {
    const profile = ground.world.shop.byRole(role);
    const secret = secretOf(profile, profile.pullSecret);
    const { registry } = ground.world.around;
    const image = nextImage(ground, imageOf(ground, profile));
    registry.releases.set(image, {});
    const dataOf = (): string => JSON.stringify(findSecret(ground, secret)?.['data'] ?? {});
    const expired = dataOf();
    const lock = (pod: { readonly profile: Profile | undefined }): boolean =>
      pod.profile?.role === role && dataOf() === expired;
    registry.locks.add(lock);
    await editContainer(ground, profile, { image });
    const end = async (): Promise<void> => {
      await edit(ground, secret, renewedLogin);
      registry.locks.delete(lock);
    };
    return { rootCause: secret, end };
  },
  recovery: ({ role }) => [
    { what: 'ReadyShare', of: role, atLeast: 1 },
    { what: 'WaitingContainers', of: role, below: 1 },
  ],
});

const findSecret = ({ cluster }: Ground, { namespace, name }: Subject): KubeObject | undefined =>
  cluster.list('Secret').find((one) => one['metadata'].namespace === namespace && one['metadata'].name === name);

const certificateUntil = (at: number): string => encoded(`certificate of the cluster, valid until ${time(at)}`);

/**
 * The renewal of a certificate failed when it was due, and the issuer will not try again for a day: it runs out before.
 * Clients refuse the service then.
 */
export const certificateExpiring = defineFault({
  kind: 'certificate-expiring',
  class: 'CertificateExpired',
  params: z.strictObject({ role, minutes: z.number().positive().default(4) }),
  async inject(ground, { role, minutes }) {
    const profile = ground.world.shop.byRole(role);
    const secret = secretOf(profile, profile.certificate);
    const certificate = { ...secret, kind: 'Certificate' };
    const now = ground.clock.now();
    const setTimes = (notAfter: number, renewalTime: number): Promise<unknown> =>
      ground.client.patch(resourceOf('Certificate'), { ...certificate, subresource: 'status' }, 'merge-patch', {
        status: { notAfter: time(notAfter), renewalTime: time(renewalTime) },
      });
    await setTimes(now + minutes * 60, now + 86_400);
    await edit(ground, secret, { data: { 'tls.crt': certificateUntil(now + minutes * 60) } });
    const end = async (): Promise<void> => {
      const at = ground.clock.now();
      await setTimes(at, at);
    };
    return { rootCause: certificate, end };
  },
  recovery: ({ role }) => [
    { what: 'CertificateSeconds', of: role, atLeast: 86_400 },
    { what: 'ErrorShare', of: role, below: 0.02 },
  ],
});

/** The database's password is new and the Secret says so; those who read it at their start do not know. */
export const secretRotated = defineFault({
  kind: 'secret-rotated',
  class: 'StaleSecret',
  params: z.strictObject({ role }),
  async inject(ground, { role }) {
    const profile = ground.world.shop.byRole(role);
    const secret = secretOf(profile, profile.secret);
    const { passwords } = ground.world.around;
    const before = String(findSecret(ground, secret)?.['data']?.password ?? '');
    const password = encoded(`second-${secret.name}`);
    await edit(ground, secret, { data: { password } });
    passwords.set(secret.name, password);
    const end = async (): Promise<void> => {
      await edit(ground, secret, { data: { password: before } });
      passwords.delete(secret.name);
    };
    return { rootCause: subjectOf(profile), end };
  },
  recovery: ({ role }) => [
    { what: 'ErrorShare', of: role, below: 0.03 },
    { what: 'ReadyShare', of: role, atLeast: 1 },
  ],
});
