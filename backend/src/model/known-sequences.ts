/** One step of a sequence: any of these reasons, with a message that fits where the reason alone says too little. */
interface Step {
  readonly reasons: readonly string[];
  readonly says?: RegExp;
}

/** A known way in which things go wrong. */
export interface KnownSequence {
  /** One PascalCase word. */
  readonly name: string;
  /** In this order; other events may lie in between. */
  readonly steps: readonly Step[];
  /** From the first step to the last (s). */
  readonly within: number;
  /** In words: what it means when all of it was seen. */
  readonly meaning: string;
  /** All of it is trouble by definition: it needs no second signal. */
  readonly opens: boolean;
  /** Classes of causes that it speaks for. */
  readonly speaksFor: readonly string[];
}

const on = (...reasons: readonly string[]): Step => ({ reasons });
const saying = (says: RegExp, ...reasons: readonly string[]): Step => ({ reasons, says });

const pullFails = saying(/failed to pull|ErrImagePull|ErrImageNeverPull|InvalidImageName/i, 'Failed');
const restarting = saying(/restarting failed/i, 'BackOff');
const scaledUp = saying(/scaled up/i, 'ScalingReplicaSet');
const pressure = on(
  ...['NodeHasDiskPressure', 'NodeHasInsufficientMemory', 'NodeHasInsufficientPID', 'EvictionThresholdMet'],
);

/**
 * In Kubernetes' own words (pkg/kubelet/events, deployment, node lifecycle and taint controllers, kube-scheduler,
 * node-problem-detector). What a healthy rollout, drain or restart also brings is in none of those that open by themselves.
 */
export const knownSequences: readonly KnownSequence[] = [
  {
    name: 'PullLoop',
    steps: [pullFails, saying(/BackOff/i, 'Failed', 'BackOff'), pullFails],
    within: 600,
    meaning: 'the image cannot be pulled, and the next attempt fails as well',
    opens: true,
    speaksFor: ['ImagePull'],
  },
  {
    name: 'ProbeLoop',
    steps: [saying(/(liveness|startup) probe/i, 'Unhealthy'), saying(/probe/i, 'Killing'), restarting],
    within: 1200,
    meaning: 'a probe fails, the container is restarted for it, and fails again',
    opens: true,
    speaksFor: ['FailingProbe'],
  },
  {
    name: 'OomLoop',
    steps: [on('OOMKilling', 'SystemOOM'), restarting],
    within: 900,
    meaning: 'killed for its memory, and restarted in a loop',
    opens: true,
    speaksFor: ['OutOfMemory'],
  },
  {
    name: 'ReleaseCrashes',
    steps: [scaledUp, restarting, restarting],
    within: 900,
    meaning: 'pods that were just started do not stay up',
    opens: true,
    speaksFor: ['BadRollout', 'CrashLoop'],
  },
  {
    name: 'RolloutStuck',
    steps: [scaledUp, on('Unhealthy', 'BackOff', 'Failed', 'FailedCreate'), on('ProgressDeadlineExceeded')],
    within: 3600,
    meaning: 'a rollout does not come to its end',
    opens: true,
    speaksFor: ['BadRollout', 'UnreadyRollout', 'FailingProbe'],
  },
  {
    name: 'NodeLost',
    steps: [on('NodeNotReady'), on('TaintManagerEviction', 'Evicted'), on('FailedScheduling')],
    within: 1800,
    meaning: 'the node is gone, and its pods find no other',
    opens: true,
    speaksFor: ['NodeNotReady', 'NetworkPartition'],
  },
  {
    name: 'PressureEviction',
    steps: [pressure, on('Evicted')],
    within: 900,
    meaning: 'a node under pressure evicts pods',
    opens: false,
    speaksFor: ['NodePressure'],
  },
  {
    name: 'EvictedForGood',
    steps: [pressure, on('Evicted'), on('FailedScheduling')],
    within: 1800,
    meaning: 'evicted by a node under pressure, and no other takes the pod',
    opens: true,
    speaksFor: ['NodePressure'],
  },
  {
    name: 'NodeFlaps',
    steps: [on('NodeNotReady'), on('NodeReady'), on('NodeNotReady')],
    within: 1800,
    meaning: 'the node comes and goes',
    opens: true,
    speaksFor: ['NodeNotReady', 'NetworkPartition'],
  },
  {
    name: 'DiskNotFreed',
    steps: [on('FreeDiskSpaceFailed', 'ImageGCFailed'), on('NodeHasDiskPressure', 'EvictionThresholdMet')],
    within: 1800,
    meaning: 'the node cannot free disk space, and runs out of it',
    opens: true,
    speaksFor: ['NodePressure'],
  },
  {
    name: 'VolumeStuck',
    steps: [on('FailedAttachVolume', 'FailedMount'), on('FailedMount'), on('FailedMount')],
    within: 900,
    meaning: 'a volume is not mounted, and the container is never created',
    opens: true,
    speaksFor: ['StuckPod'],
  },
  {
    name: 'Displaced',
    steps: [on('Preempted'), on('FailedScheduling')],
    within: 900,
    meaning: 'made room for a pod of higher priority, and finds no other place',
    opens: true,
    speaksFor: ['Unschedulable'],
  },
  {
    name: 'NoRoomToGrow',
    steps: [saying(/scaled up|new size/i, 'ScalingReplicaSet', 'SuccessfulRescale'), on('FailedScheduling')],
    within: 900,
    meaning: 'was scaled up, and there is no room for it',
    opens: false,
    speaksFor: ['Unschedulable'],
  },
  {
    name: 'CreationRefused',
    steps: [scaledUp, on('FailedCreate'), on('FailedCreate')],
    within: 600,
    meaning: 'pods that a rollout or an autoscaler asks for are refused',
    opens: false,
    speaksFor: ['QuotaExceeded'],
  },
  {
    name: 'StuckTermination',
    steps: [on('Killing'), on('FailedKillPod'), on('FailedKillPod')],
    within: 900,
    meaning: 'a pod is to end and cannot be stopped',
    opens: true,
    speaksFor: ['StuckTerminating'],
  },
  {
    name: 'AutoscalerBlind',
    steps: [on('FailedGetResourceMetric'), on('FailedComputeMetricsReplicas'), on('FailedGetResourceMetric')],
    within: 900,
    meaning: 'the autoscaler does not know how busy its pods are',
    opens: false,
    speaksFor: ['AutoscalerMisconfigured'],
  },
  {
    name: 'JobGivenUp',
    steps: [restarting, on('BackoffLimitExceeded')],
    within: 3600,
    meaning: 'a job failed again and again, and was given up',
    opens: false,
    speaksFor: ['CrashLoop'],
  },
];
