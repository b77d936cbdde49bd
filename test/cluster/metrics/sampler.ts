import type { SimClock } from '../clock.ts';
import type { ClusterView, World } from '../workloads/index.ts';
import { cadvisor } from './cadvisor.ts';
import { certManager } from './cert-manager.ts';
import { databases, pools } from './connections.ts';
import { createControlPlane } from './control-plane.ts';
import { createHistory } from './history.ts';
import { kubeState } from './kube-state.ts';
import { kubeletVolumes } from './kubelet-volumes.ts';
import { nodeExporter } from './node-exporter.ts';
import type { Exporter } from './scrape.ts';
import { services } from './services.ts';
import { createSampleStore, type SampleStore } from './store.ts';

export interface SamplerOptions {
  readonly world: World;
  readonly cluster: ClusterView;
  readonly clock: SimClock;
  /** Seconds between samples. */
  readonly interval?: number;
  /** Seconds of healthy past, and the step of it. */
  readonly past?: number;
  readonly pastStep?: number;
  /** Seconds of the live part that are kept. */
  readonly keep?: number;
}

export interface Sampler {
  readonly store: SampleStore;
  /** Samples once, now. */
  sample(): void;
  stop(): void;
}

const twoWeeks = 14 * 86_400;

/**
 * Samples everything each `interval` of cluster time, beginning now: start it when the shop is up, since what it sees
 * first is taken for how the two weeks before were.
 */
export function startSampler(options: SamplerOptions): Sampler {
  const { world, cluster, clock, interval = 15, past = twoWeeks, pastStep = 60, keep = 86_400 } = options;
  const exporters: readonly Exporter[] = [
    cadvisor,
    services,
    kubeState,
    kubeletVolumes,
    nodeExporter,
    certManager,
    databases,
    pools,
    createControlPlane(),
  ];
  const began = Math.floor(clock.now());
  const historyFrom = Math.floor((began - past) / pastStep) * pastStep;
  const store = createSampleStore({ historyFrom, historyStep: pastStep, keepTicks: Math.ceil(keep / interval) });
  world.advance(clock.now());
  const founders = [...world.lives.values()].filter((life) => !life.ended);
  const history = createHistory(world, founders, { from: historyFrom, to: began, step: pastStep });
  const abort = new AbortController();

  function sample(): void {
    const now = Math.floor(clock.now());
    world.advance(now);
    const scrape = { world, cluster, history, now, sink: store.begin(now) };
    for (const put of exporters) put(scrape);
  }

  async function run(): Promise<void> {
    while (!abort.signal.aborted) {
      sample();
      await clock.sleep(interval - (clock.now() % interval), abort.signal);
    }
  }

  void run();
  return { store, sample, stop: () => abort.abort() };
}
