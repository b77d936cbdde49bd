import { generate } from 'selfsigned';

/** A certificate authority made for this process, and a server certificate for loopback signed by it. */
export interface Certificates {
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

const years = (count: number): Date => new Date(Date.now() + count * 365 * 86_400_000);

export async function makeCertificates(): Promise<Certificates> {
  const notBeforeDate = new Date(Date.now() - 86_400_000);
  const base = { keyType: 'ec', algorithm: 'sha256', notBeforeDate, notAfterDate: years(10) } as const;
  const ca = await generate([{ name: 'commonName', value: 'simulated-cluster-ca' }], {
    ...base,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: 'kube-apiserver' }], {
    ...base,
    ca: { key: ca.private, cert: ca.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 2, value: 'kubernetes.default.svc' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { caPem: ca.cert, certPem: server.cert, keyPem: server.private };
}
