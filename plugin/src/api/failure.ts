/** Why a request did not give an answer, in the words a page needs to choose what to show. */
export type FailureKind =
  'Permission' | 'Unreachable' | 'NotAvailable' | 'NotFound' | 'Stale' | 'Refused' | 'Invalid' | 'NotConfigured';

export interface Failure {
  readonly kind: FailureKind;
  readonly status: number;
  /** The backend's PascalCase word, or '' when the answer did not come from the backend. */
  readonly reason: string;
  readonly message: string;
}

export class RequestFailed extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'RequestFailed';
    this.failure = failure;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What a rejected promise means to a page. Never throws. */
export function failureOf(error: unknown): Failure {
  if (error instanceof RequestFailed) {
    return error.failure;
  }
  if (!isRecord(error)) {
    return unreachable(0, '');
  }
  const status = typeof error.status === 'number' ? error.status : 0;
  const body = isRecord(error.data) ? error.data : {};
  const reason = textOf(body.reason);
  const said = textOf(body.detail) || textOf(body.message) || textOf(error.message);
  const message = said.startsWith(tokenRefused) ? 'KubeWise refused the token of this data source.' : said;
  return {
    kind: kindOf(status, reason, said),
    status,
    reason,
    message: message || sentences[kindOf(status, reason, said)],
  };
}

/** What Grafana's proxy makes of the backend's 401. */
const tokenRefused = 'Authentication to data source failed';

const sentences: Readonly<Record<FailureKind, string>> = {
  Permission: 'Your role in Grafana does not allow this.',
  Unreachable: 'KubeWise did not answer.',
  NotAvailable: 'This KubeWise does not offer this yet.',
  NotFound: 'It is not there (any more).',
  Stale: 'It has changed since you looked at it.',
  Refused: 'KubeWise refused.',
  Invalid: 'KubeWise did not understand the request.',
  NotConfigured: 'No KubeWise data source is configured.',
};

const unreachable = (status: number, message: string): Failure => ({
  kind: 'Unreachable',
  status,
  reason: '',
  message: message || sentences.Unreachable,
});

function kindOf(status: number, reason: string, message: string): FailureKind {
  switch (status) {
    case 401:
    case 403:
      return 'Permission';
    case 404:
      // `IncidentNotFound`, `AnomalyNotFound` …; a path that this KubeWise does not know is `NoSuchPath`.
      return reason.endsWith('NotFound') ? 'NotFound' : 'NotAvailable';
    case 405:
    case 501:
      return 'NotAvailable';
    case 409:
    case 412:
      return 'Stale';
    case 422:
      return 'Refused';
    case 400:
      return message.startsWith(tokenRefused) ? 'Permission' : 'Invalid';
    default:
      return 'Unreachable';
  }
}
