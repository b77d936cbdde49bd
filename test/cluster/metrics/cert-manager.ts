import { nameOf, namespaceOf, secondsOf, yes, type Exporter, type Labels } from './scrape.ts';

const job: Labels = {
  job: 'cert-manager',
  service: 'cert-manager',
  endpoint: 'tcp-prometheus-servicemonitor',
  instance: 'cert-manager:9402',
};

/** A certificate that was never issued expires at 0, as cert-manager says it. */
export const certManager: Exporter = ({ cluster, sink }) => {
  for (const certificate of cluster.list('Certificate')) {
    const [namespace, name] = [namespaceOf(certificate), nameOf(certificate)];
    const set = (condition = '') =>
      sink.labels(`certificate/${namespace}/${name}/${condition}`, () => ({
        ...job,
        ...{ namespace, name, issuer_kind: 'ClusterIssuer', issuer_name: 'internal' },
        ...(condition && { condition }),
      }));
    const { notAfter, conditions = [] } = certificate['status'] ?? {};
    const expires = notAfter === undefined ? 0 : secondsOf(notAfter);
    sink.gauge('certmanager_certificate_expiration_timestamp_seconds', set(), expires);
    const ready: string =
      (conditions as { type: string; status: string }[]).find((one) => one.type === 'Ready')?.status ?? 'Unknown';
    for (const condition of ['True', 'False', 'Unknown'])
      sink.gauge('certmanager_certificate_ready_status', set(condition), yes(condition === ready));
  }
};
