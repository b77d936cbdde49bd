/** One call of kubectl: its arguments, what goes to its standard input, and how its output is made comparable. */
export interface Step {
  readonly args: string;
  readonly input?: string;
  /** Repeated until the output (normalised) matches, for at most half a minute. */
  readonly until?: RegExp;
  /** Lines that depend on the server's version rather than on what it means. */
  readonly drop?: RegExp;
  /** The order of lines is not part of the answer. */
  readonly sorted?: boolean;
}

const web = (image: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      nodeSelector: {kubernetes.io/hostname: NODE}
      terminationGracePeriodSeconds: 1
      containers:
      - {name: main, image: "registry.example/web:${image}", resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 128Mi}}}
`;

const settings = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: default}
data: {colour: blue}
`;

/** What an operator does in a quarter of an hour. NODE stands for the node that the pods are kept on. */
export const script: readonly Step[] = [
  { args: 'get nodes', drop: /VERSION/ },
  { args: 'apply -f -', input: web('1') },
  { args: 'rollout status deployment/web --timeout=60s', until: /successfully rolled out/, drop: /^Waiting/ },
  { args: 'apply -f -', input: web('1') },
  { args: 'get deployment web' },
  { args: 'get deployment web -o wide' },
  { args: 'get pods -l app=web --sort-by=.metadata.name', sorted: true },
  { args: 'get replicaset -l app=web' },
  { args: 'get deployment web -o jsonpath={.spec.strategy}' },
  { args: 'get deployments,configmaps -l app=web -o name' },
  { args: 'describe deployment web', until: /ScalingReplicaSet/ },
  {
    args: 'describe pod -l app=web',
    until: /Started/,
    sorted: true,
    drop: /kube-api-access|Pulling|Pulled|Mounts:|Volumes:|TokenRequest|ConfigMapName|DownwardAPI|Projected|Type: +(Secret|Projected)|SecretName|Optional: +false|default-token|serviceaccount|^ +<none>$|TokenExpiration/,
  },
  { args: 'scale deployment web --replicas=3' },
  { args: 'rollout status deployment/web --timeout=60s', until: /successfully rolled out/, drop: /^Waiting/ },
  { args: 'get deployment web', until: /3\/3/ },
  { args: 'scale deployment web --current-replicas=7 --replicas=1' },
  { args: 'apply -f -', input: web('2') },
  { args: 'rollout status deployment/web --timeout=60s', until: /successfully rolled out/, drop: /^Waiting/ },
  { args: 'rollout history deployment/web' },
  { args: 'rollout undo deployment/web' },
  { args: 'rollout status deployment/web --timeout=60s', until: /successfully rolled out/, drop: /^Waiting/ },
  { args: 'rollout history deployment/web' },
  { args: 'get deployment web -o jsonpath={.spec.template.spec.containers[0].image}' },
  { args: 'rollout restart deployment/web' },
  { args: 'rollout status deployment/web --timeout=60s', until: /successfully rolled out/, drop: /^Waiting/ },
  { args: 'set image deployment/web main=registry.example/web:3' },
  { args: 'rollout status deployment/web --timeout=60s', until: /successfully rolled out/, drop: /^Waiting/ },
  { args: 'apply --server-side -f -', input: settings },
  { args: 'apply --server-side --field-manager=other -f -', input: settings.replace('blue', 'red') },
  { args: 'apply --server-side --field-manager=other --force-conflicts -f -', input: settings.replace('blue', 'red') },
  { args: 'get configmap settings -o jsonpath={.data}' },
  { args: 'describe configmap settings' },
  { args: 'label configmap settings tier=front' },
  { args: 'annotate configmap settings note=here' },
  { args: 'create configmap settings' },
  { args: 'get configmap nothing' },
  { args: 'get nonsense' },
  { args: 'auth can-i delete pods' },
  { args: 'auth can-i delete pods --as=viewer' },
  { args: 'get pods --as=viewer' },
  { args: 'cordon NODE' },
  { args: 'get node NODE', drop: /VERSION/, until: /SchedulingDisabled/ },
  { args: 'uncordon NODE' },
  // What an earlier rollout left behind is gone, so that both drains have the same to evict.
  { args: 'get pods -l app=web --no-headers', until: /^(web-… 1\/1 Running 0 AGE\n){2}exit 0$/ },
  { args: 'drain NODE --ignore-daemonsets --pod-selector=app=web --timeout=60s', sorted: true, until: /drained/ },
  { args: 'get pods -l app=web', until: /Pending/, sorted: true },
  { args: 'uncordon NODE' },
  { args: 'rollout status deployment/web --timeout=60s', until: /successfully rolled out/, drop: /^Waiting/ },
  { args: 'delete deployment web --wait=true' },
  { args: 'get pods -l app=web', until: /No resources/ },
];
