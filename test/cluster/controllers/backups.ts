import { time } from '../client/index.ts';
import { writeStatus } from './conditions.ts';
import { itself, startController, type Controller, type ControllerContext } from './controller.ts';
import { isTerminating, seconds } from './pods.ts';

const backupSeconds = 20;

/** CloudNativePG-like: a Backup of a Cluster completes after a moment, if the cluster has a primary. */
export const startBackups = (context: ControllerContext): Controller =>
  startController(context, {
    name: 'backups',
    component: 'cloudnative-pg-backup',
    watches: [
      ['Backup', itself],
      ['Cluster', () => []],
    ],
    async reconcile(key, desk) {
      const backup = desk.of('Backup').get(key);
      if (!backup || isTerminating(backup) || ['completed', 'failed'].includes(backup['status']?.phase))
        return undefined;
      const { namespace, creationTimestamp, name } = backup['metadata'];
      const cluster = desk.of('Cluster').get(`${namespace}/${backup['spec'].cluster?.name}`);
      const now = desk.clock.now();
      if (!cluster?.['status']?.currentPrimary) {
        await writeStatus(desk.client, 'Backup', backup, {
          phase: 'failed',
          error: 'the cluster has no primary',
          stoppedAt: time(now),
        });
        return undefined;
      }
      const left = seconds(creationTimestamp) + backupSeconds - now;
      if (left > 0) {
        await writeStatus(desk.client, 'Backup', backup, { phase: 'running', startedAt: time(now) });
        return left;
      }
      await writeStatus(desk.client, 'Backup', backup, { phase: 'completed', backupId: name, stoppedAt: time(now) });
      await desk.recorder.record({ about: backup, type: 'Normal', reason: 'Completed', message: 'Backup completed' });
      return undefined;
    },
  });
