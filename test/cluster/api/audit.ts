import { appendFileSync } from 'node:fs';
import { isObject } from './json.ts';
import type { KubeObject } from '../runtime.ts';

/** One request as the server's own log has it: the witness of what was really done. */
export interface LoggedRequest {
  /** Cluster time, Unix seconds. */
  readonly time: number;
  readonly user: string;
  readonly verb: string;
  readonly path: string;
  readonly query: string;
  readonly status: number;
  readonly dryRun: boolean;
  readonly fieldManager?: string;
  /** Annotation kubewise.io/action-id anywhere in the body's metadata. */
  readonly actionId?: string;
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
  readonly userAgent?: string;
}

export interface AuditLog {
  readonly requests: readonly LoggedRequest[];
  /** Reads are counted only, by `verb resource`. */
  readonly reads: Readonly<Record<string, number>>;
  add(entry: LoggedRequest): void;
}

const annotation = 'kubewise.io/action-id';

/** The action id in a body: in metadata of an object or merge patch, or in a step of a JSON patch. */
export function actionIdOf(body: unknown): string | undefined {
  if (Array.isArray(body)) {
    const step = (body as KubeObject[]).find((one) => String(one['path']).includes('kubewise.io~1action-id'));
    return typeof step?.['value'] === 'string' ? step['value'] : undefined;
  }
  if (!isObject(body)) return undefined;
  const value: unknown = body['metadata']?.annotations?.[annotation];
  return typeof value === 'string' ? value : undefined;
}

export function createAuditLog(file: string | undefined): AuditLog {
  const requests: LoggedRequest[] = [];
  const reads: Record<string, number> = {};
  return {
    requests,
    reads,
    add(entry) {
      if (['get', 'list', 'watch'].includes(entry.verb)) {
        const key = `${entry.verb} ${entry.resource ?? entry.path}`;
        reads[key] = (reads[key] ?? 0) + 1;
        return;
      }
      requests.push(entry);
      if (file) appendFileSync(file, `${JSON.stringify(entry)}\n`);
    },
  };
}
