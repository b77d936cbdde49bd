import { z } from 'zod';
import { resourceOf } from '../client/index.ts';
import type { Profile } from '../workloads/index.ts';
import { defineFault, role } from './fault.ts';
import { planeOf, type Ground, type Subject } from './ground.ts';
import { edit, editContainer, imageOf, subjectOf } from './lookup.ts';
import { nextImage } from './releases.ts';

const encoded = (text: string): string => Buffer.from(text).toString('base64');
const secretOf = (profile: Profile, name: string | undefined): Subject => {
  if (!name) throw new Error(`the role "${profile.role}" has no such secret`);
  return { kind: 'Secret', namespace: profile.namespace, name };
};

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
    const lock = (pod: { readonly profile: Profile | undefined }): boolean => pod.profile?.role === role;
    registry.locks.add(lock);
    await editContainer(ground, profile, { image });
    const end = async (): Promise<void> => {
      const renewed = encoded('{"auths":{"registry.example":{"auth":"c2Vjb25k"}}}');
      await edit(ground, secret, { data: { '.dockerconfigjson': renewed } });
      registry.locks.delete(lock);
    };
    return { rootCause: secret, end };
  },
  recovery: ({ role }) => [
    { what: 'ReadyShare', of: role, atLeast: 1 },
    { what: 'WaitingContainers', of: role, below: 1 },
  ],
});

const certificateUntil = (at: number): string =>
  encoded(`certificate of the cluster, valid until ${new Date(at * 1000).toISOString()}`);

/** The issuer hangs and the certificate runs out: clients refuse the service. */
export const certificateExpiring = defineFault({
  kind: 'certificate-expiring',
  class: 'CertificateExpired',
  params: z.strictObject({ role, minutes: z.number().positive().default(4) }),
  async inject(ground, { role, minutes }) {
    const profile = ground.world.shop.byRole(role);
    const secret = secretOf(profile, profile.certificate);
    const plane = planeOf(ground);
    plane.pause('certificates');
    const now = ground.clock.now();
    await edit(ground, secret, { data: { 'tls.crt': certificateUntil(now + minutes * 60) } });
    const end = async (): Promise<void> => {
      plane.resume('certificates');
      await edit(ground, secret, { data: { 'tls.crt': certificateUntil(ground.clock.now() + 90 * 86_400) } });
    };
    return { rootCause: { ...secret, kind: 'Certificate' }, end };
  },
  recovery: ({ role }) => [
    { what: 'CertificateSeconds', of: role, atLeast: 86_400 },
    { what: 'ErrorShare', of: role, below: 0.02 },
  ],
});

async function secretData({ client }: Ground, { namespace, name }: Subject): Promise<string> {
  const secret = await client.get(resourceOf('Secret'), { namespace, name });
  return String(secret?.['data']?.password ?? '');
}

/** The database's password is new and the Secret says so; those who read it at their start do not know. */
export const secretRotated = defineFault({
  kind: 'secret-rotated',
  class: 'StaleSecret',
  params: z.strictObject({ role }),
  async inject(ground, { role }) {
    const profile = ground.world.shop.byRole(role);
    const secret = secretOf(profile, profile.secret);
    const { passwords } = ground.world.around;
    const before = await secretData(ground, secret);
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
