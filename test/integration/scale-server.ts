import { startApiServer } from '../cluster/api/index.ts';
import { createSimClock } from '../cluster/clock.ts';
import { crowd } from '../cluster/nodes/index.ts';

/** A process of its own, so that its memory can be told from its client's: seeds, says how that went, and serves. */
const [nodes, pods] = process.argv.slice(2).map(Number) as [number, number];
const clock = createSimClock({ start: Math.floor(Date.now() / 1000), speed: 1 });
const server = await startApiServer({ clock });
const before = performance.now();
server.seed(crowd({ nodes, pods, now: clock.now() - 3600 }));
process.send?.({
  kubeconfig: server.kubeconfig('admin'),
  seconds: (performance.now() - before) / 1000,
  megabytes: process.memoryUsage.rss() / 2 ** 20,
  objects: server.stats().objects,
});
process.on('message', () => {
  process.send?.({ peakMegabytes: process.resourceUsage().maxRSS / 1024 });
});
process.on('disconnect', () => process.exit(0));
