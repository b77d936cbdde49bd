import { qualified, type Resource } from './resources.ts';
import type { KubeObject } from '../runtime.ts';

export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** A refusal as the API answers it: an HTTP status and a Status object. */
export class ApiError extends Error {
  readonly code: number;
  readonly status: KubeObject;
  readonly headers: Readonly<Record<string, string>>;
  constructor(code: number, reason: string, message: string, details?: KubeObject, more: ErrorExtras = {}) {
    super(message);
    this.code = code;
    this.headers = more.headers ?? {};
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: more.metadata ?? {},
      status: 'Failure',
      message,
      ...(reason && { reason }),
      ...(details && { details }),
      code,
    };
  }
}

interface ErrorExtras {
  readonly headers?: Readonly<Record<string, string>>;
  readonly metadata?: KubeObject;
}

type Named = Pick<Resource, 'group' | 'plural' | 'kind'>;

const place = (resource: Named, name?: string): KubeObject => ({
  ...(name && { name }),
  ...(resource.group && { group: resource.group }),
  kind: resource.plural,
});

const title = (resource: Named): string => qualified(resource as Resource);

export const notFound = (resource: Named, name: string): ApiError =>
  new ApiError(404, 'NotFound', `${title(resource)} "${name}" not found`, place(resource, name));

export const noSuchPath = (): ApiError =>
  new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});

export const alreadyExists = (resource: Named, name: string): ApiError =>
  new ApiError(409, 'AlreadyExists', `${title(resource)} "${name}" already exists`, place(resource, name));

export const conflict = (resource: Named, name: string, why?: string): ApiError =>
  new ApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${title(resource)} "${name}": ${
      why ?? 'the object has been modified; please apply your changes to the latest version and try again'
    }`,
    place(resource, name),
  );

export function invalid(resource: Named, name: string, causes: readonly Cause[]): ApiError {
  const text = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const kind = resource.group ? `${resource.kind}.${resource.group}` : resource.kind;
  return new ApiError(
    422,
    'Invalid',
    `${kind} "${name}" is invalid: ${text.length === 1 ? text[0] : `[${text.join(', ')}]`}`,
    { ...place(resource, name), kind: resource.kind, causes },
  );
}

export const forbidden = (resource: Named, name: string, why: string, causes?: readonly Cause[]): ApiError =>
  new ApiError(403, 'Forbidden', `${title(resource)}${name ? ` "${name}"` : ''} is forbidden: ${why}`, {
    ...place(resource, name),
    ...(causes && { causes }),
  });

export const unauthorized = (): ApiError => new ApiError(401, 'Unauthorized', 'Unauthorized');

export const badRequest = (message: string): ApiError => new ApiError(400, 'BadRequest', message);

export const methodNotAllowed = (): ApiError =>
  new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});

export const unsupportedMediaType = (accepted: readonly string[]): ApiError =>
  new ApiError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
    {},
  );

export const expired = (message: string, continueToken?: string): ApiError =>
  new ApiError(410, 'Expired', message, undefined, continueToken ? { metadata: { continue: continueToken } } : {});

export const internal = (message: string): ApiError =>
  new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });

/** What a delete answers when it does not hand back the object. */
export const success = (details?: KubeObject): KubeObject => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  ...(details && { details }),
});
