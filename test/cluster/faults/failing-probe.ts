import { z } from 'zod';
import { defineFault, role } from './fault.ts';
import { editContainer, subjectOf, workloadOf } from './lookup.ts';

/** A probe that asks for a path which the service does not have: never ready, or restarted again and again. */
const failingProbe = (probe: 'readinessProbe' | 'livenessProbe', kind: string) =>
  defineFault({
    kind,
    class: 'FailingProbe',
    params: z.strictObject({ role, path: z.string().default('/actuator/health') }),
    async inject(ground, { role, path }) {
      const profile = ground.world.shop.byRole(role);
      const before = workloadOf(ground, profile)?.['spec'].template.spec.containers[0][probe];
      await editContainer(ground, profile, { [probe]: { httpGet: { path, port: profile.port } } });
      const end = (): Promise<void> =>
        editContainer(ground, profile, { [probe]: { httpGet: { path: before.httpGet.path, port: profile.port } } });
      return { rootCause: subjectOf(profile), end };
    },
    recovery: ({ role }) => [
      { what: 'ReadyShare', of: role, atLeast: 1 },
      { what: 'SecondsSinceRestart', of: role, atLeast: 120 },
    ],
  });

export const failingReadiness = failingProbe('readinessProbe', 'failing-readiness');
export const failingLiveness = failingProbe('livenessProbe', 'failing-liveness');
