import type { Resource } from './resources.ts';
import type { KubeObject } from '../runtime.ts';

type Pair = readonly [core: string, events: string];

/** The same event under core/v1 and events.k8s.io/v1. */
const eventNames: readonly Pair[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

function rename(object: KubeObject, from: 0 | 1, to: 0 | 1, apiVersion: string): KubeObject {
  const names = new Map(eventNames.map((pair) => [pair[from], pair[to]]));
  const entries = Object.entries(object).map(([key, value]) => [names.get(key) ?? key, value] as const);
  return { ...Object.fromEntries(entries), apiVersion };
}

/** A stored object as this resource shows it. Most are stored as they are shown. */
export function toView(object: KubeObject, resource: Resource): KubeObject {
  if (resource.group !== 'events.k8s.io' || object['apiVersion'] === 'events.k8s.io/v1')
    return versioned(object, resource);
  return { eventTime: null, ...rename(object, 0, 1, 'events.k8s.io/v1') };
}

/** Custom resources of several versions differ in their apiVersion only (conversion strategy None). */
function versioned(object: KubeObject, resource: Resource): KubeObject {
  if (resource.model) return object;
  const apiVersion = `${resource.group}/${resource.version}`;
  return object['apiVersion'] === apiVersion ? object : { ...object, apiVersion };
}

/** The stored form of what was sent to this resource. */
export function fromView(object: KubeObject, resource: Resource): KubeObject {
  return resource.group === 'events.k8s.io' ? rename(object, 1, 0, 'v1') : object;
}
