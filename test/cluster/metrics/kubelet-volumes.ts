import { smoothNoise, hashText } from '../workloads/noise.ts';
import type { Exporter } from './scrape.ts';

/** kubelet_volume_stats_*: how full the claims are. */
export const kubeletVolumes: Exporter = ({ world, sink, now }) => {
  for (const [key, disk] of world.disks.all) {
    const set = sink.labels(`volume/${key}`, () => ({
      job: 'kubelet',
      metrics_path: '/metrics',
      service: 'kubelet',
      endpoint: 'https-metrics',
      namespace: disk.namespace,
      persistentvolumeclaim: disk.claim,
    }));
    const growth = (disk.profile?.volume?.growth ?? 0) / 86_400;
    const { used, capacity } = disk;
    // Logs, temporary files and vacuums come and go: half a per cent of the volume.
    const breath = (time: number): number => capacity * 0.005 * smoothNoise(hashText(key), time, 900);
    const shown = (amount: number, time: number): number => Math.min(capacity, Math.max(0, amount + breath(time)));
    sink.gauge('kubelet_volume_stats_capacity_bytes', set, capacity);
    sink.gauge('kubelet_volume_stats_used_bytes', set, shown(used, now), (time) =>
      shown(used - growth * (now - time), time),
    );
    sink.gauge(
      'kubelet_volume_stats_available_bytes',
      set,
      capacity - shown(used, now),
      (time) => capacity - shown(used - growth * (now - time), time),
    );
  }
};
