import { printers, type Printer } from './columns.ts';
import type { Cell } from './podcells.ts';
import { at } from './selectors.ts';
import type { Resource } from './resources.ts';
import type { Call, Context } from './context.ts';
import type { KubeObject } from '../runtime.ts';

export const wantsTable = (call: Call): boolean => /as=Table/.test(call.accept) && /v=v1(?!beta)/.test(call.accept);
export const wantsMetadata = (call: Call): boolean => /as=PartialObjectMetadata(List)?/.test(call.accept);

export const asMetadata = (object: KubeObject): KubeObject => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata: object['metadata'],
});

/** `5m20s`, `3d4h`: how kubectl writes durations. */
function humanDuration(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const m = Math.floor(s / 60);
  const h = Math.floor(m / 60);
  const d = Math.floor(h / 24);
  if (s < 120) return `${s}s`;
  if (m < 10) return s % 60 === 0 ? `${m}m` : `${m}m${s % 60}s`;
  if (h < 3) return `${m}m`;
  if (h < 8) return m % 60 === 0 ? `${h}h` : `${h}h${m % 60}m`;
  if (h < 48) return `${h}h`;
  if (d < 8) return h % 24 === 0 ? `${d}d` : `${d}d${h % 24}h`;
  return d < 730 ? `${d}d` : `${Math.floor(d / 365)}y`;
}

function customPrinter(resource: Resource): Printer {
  const columns = resource.columns ?? [];
  if (columns.length === 0)
    return {
      columns: ['Name', 'Age'],
      cells: (one, ageOf) => [one['metadata'].name as string, ageOf(one['metadata'].creationTimestamp as string)],
    };
  return {
    columns: ['Name', ...columns.map((one) => `${one.name}:${one.type}:${one.priority ?? 0}`)],
    cells: (one, ageOf) => [
      one['metadata'].name as string,
      ...columns.map((column): Cell => {
        const value = at(one, column.jsonPath.replace(/^\./, ''));
        return column.type === 'date' ? ageOf(value as string | undefined) : (value as Cell);
      }),
    ],
  };
}

function definition(column: string): KubeObject {
  const [name, type, priority] = column.split(':') as [string, string | undefined, string | undefined];
  return {
    name,
    type: type || 'string',
    format: name === 'Name' ? 'name' : '',
    description: name,
    priority: Number(priority ?? 0),
  };
}

/** A meta.k8s.io/v1 Table, as `kubectl get` asks for. */
export function tableOf(
  context: Context,
  call: Call,
  objects: readonly KubeObject[],
  metadata: KubeObject,
): KubeObject {
  const printer = printers[call.resource.kind] ?? customPrinter(call.resource);
  const ageOf = (time: string | undefined): string =>
    time ? humanDuration(context.clock.now() - Date.parse(time) / 1000) : '<unknown>';
  const include = call.query.get('includeObject') ?? 'Metadata';
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: printer.columns.map(definition),
    rows: objects.map((object) => ({
      cells: printer.cells(object, ageOf).map((cell) => cell ?? null),
      object: include === 'Object' ? object : asMetadata(object),
    })),
  };
}

/** What a watch sends when tables are asked for: a table of one row. */
export const rowOf = (context: Context, call: Call, object: KubeObject): KubeObject =>
  tableOf(context, call, [object], { resourceVersion: object['metadata'].resourceVersion });
