/**
 * How the lists of built-in types merge, by `Model.field`. `patch` is the strategic merge key ('set' = a list of scalars
 * that merges by value); `apply` are the keys of server-side apply. A list that is not here is replaced as a whole. The
 * facts are those of the Kubernetes 1.36 OpenAPI document; schema.test.ts compares when that document is at hand.
 */
export interface ListKeys {
  readonly patch?: string;
  readonly apply?: string;
}

const both = (key: string): ListKeys => ({ patch: key, apply: key });

const byType = [
  'V1DaemonSetStatus.conditions',
  'V1DeploymentStatus.conditions',
  'V1ReplicaSetStatus.conditions',
  'V1StatefulSetStatus.conditions',
  'V2HorizontalPodAutoscalerStatus.conditions',
  'V1NamespaceStatus.conditions',
  'V1NodeStatus.addresses',
  'V1NodeStatus.conditions',
  'V1PersistentVolumeClaimStatus.conditions',
  'V1PodStatus.conditions',
  'V1ReplicationControllerStatus.conditions',
  'V1ServiceStatus.conditions',
  'V1PodDisruptionBudgetStatus.conditions',
];

const byName = [
  'V1Container.env',
  'V1EphemeralContainer.env',
  'V1PodSpec.containers',
  'V1PodSpec.ephemeralContainers',
  'V1PodSpec.imagePullSecrets',
  'V1PodSpec.initContainers',
  'V1PodSpec.resourceClaims',
  'V1PodSpec.schedulingGates',
  'V1PodSpec.volumes',
  'V1PodStatus.resourceClaimStatuses',
  'V1ServiceAccount.secrets',
  'V1ContainerStatus.allocatedResourcesStatus',
];

const containerLists = (model: string): Record<string, ListKeys> => ({
  [`${model}.ports`]: { patch: 'containerPort', apply: 'containerPort,protocol' },
  [`${model}.volumeDevices`]: both('devicePath'),
  [`${model}.volumeMounts`]: both('mountPath'),
});

export const listKeys: Readonly<Record<string, ListKeys | undefined>> = {
  ...Object.fromEntries(byType.map((path) => [path, both('type')])),
  ...Object.fromEntries(byName.map((path) => [path, both('name')])),
  ...containerLists('V1Container'),
  ...containerLists('V1EphemeralContainer'),
  'V1ContainerStatus.volumeMounts': both('mountPath'),
  'V1JobStatus.conditions': { patch: 'type' },
  'V1CustomResourceDefinitionStatus.conditions': { apply: 'type' },
  'V1NodeSpec.podCIDRs': { patch: 'set', apply: 'set' },
  'V1ObjectMeta.finalizers': { patch: 'set', apply: 'set' },
  'V1ObjectMeta.ownerReferences': both('uid'),
  'V1PodSpec.hostAliases': both('ip'),
  'V1PodSpec.topologySpreadConstraints': { patch: 'topologyKey', apply: 'topologyKey,whenUnsatisfiable' },
  'V1PodStatus.hostIPs': { patch: 'ip' },
  'V1PodStatus.podIPs': both('ip'),
  'V1ResourceRequirements.claims': { apply: 'name' },
  'V1ServiceSpec.ports': { patch: 'port', apply: 'port,protocol' },
  'V1Endpoint.addresses': { apply: 'set' },
  'V1PodFailurePolicyOnExitCodesRequirement.values': { apply: 'set' },
};

/** Objects and maps that server-side apply owns as a whole. */
export const atomicObjects: ReadonlySet<string> = new Set([
  'V1LabelSelector',
  'V1LocalObjectReference',
  'V1ObjectReference',
  'V1OwnerReference',
  'V1ConfigMapKeySelector',
  'V1SecretKeySelector',
  'V1ObjectFieldSelector',
  'V1ResourceFieldSelector',
  'V1NodeSelector',
  'V1NodeSelectorTerm',
  'V1ScopeSelector',
  'V1SecretReference',
  'V1TypedLocalObjectReference',
  'V1EndpointAddress',
  'CoreV1EndpointPort',
  'DiscoveryV1EndpointPort',
  'V1ServiceBackendPort',
  'V1RoleRef',
  'RbacV1Subject',
  'V1Subject',
]);
export const atomicMaps: ReadonlySet<string> = new Set([
  'V1PodSpec.nodeSelector',
  'V1ServiceSpec.selector',
  'V1ReplicationControllerSpec.selector',
]);
