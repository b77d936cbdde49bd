import { z } from 'zod';
import { parseCommand } from '../../backend/src/model/index.ts';
import { role, type Subject } from '../cluster/faults/index.ts';

/** The catalogue's words and those of the feature list: what KubeWise cannot do yet may still be the right thing. */
const Action = z.string().regex(/^[a-z]+(_[a-z]+)*$/, 'the name of an action, as in restart_deployment');

/** An action in a scenario file: alone, or with the object (a role, or `@cause`) on which it is right or wrong. */
export const WrittenAim = z.union([
  Action,
  z.strictObject({ action: Action, of: z.union([role, z.literal('@cause')]) }),
]);

/** An action on an object; without `of` on any. */
export interface Aim {
  readonly action: string;
  readonly of?: string;
}

/** Something that KubeWise did to an object. */
export interface Write {
  readonly action: string;
  readonly namespace: string;
  readonly name: string;
}

/** What a command of the catalogue wrote to; undefined for a message to people, which writes nothing. */
export function writeOf(command: string): Write | undefined {
  const parsed = parseCommand(command);
  if (!parsed.ok) throw new Error(`an action that is not in the catalogue: ${command}: ${parsed.message}`);
  const { name: action, params } = parsed.command;
  if (action === 'notify_only') return undefined;
  return { action, namespace: String(params['ns'] ?? ''), name: String(params['name'] ?? '') };
}

export const writeText = ({ action, namespace, name }: Write): string =>
  `${action} ${namespace && `${namespace}/`}${name}`;

/** What pods of a workload have behind its name: a hash and five letters, five letters, or a number. */
const podSuffix = /^-([a-z0-9]{6,10}-[a-z0-9]{5}|[a-z0-9]{5}|\d+)$/;

/** Kubernetes makes names of letters and digits that spell nothing (k8s.io/apimachinery, util/rand); a CronJob's of minutes. */
const generated = /-((\d{8}|[bcdfghjklmnpqrstvwxz2456789]{6,10})-)?[bcdfghjklmnpqrstvwxz2456789]{5}$|-\d+$/;

/** The workload's name in its pod's. */
export const withoutSuffix = (pod: string): string => pod.replace(generated, '');

/** Is a write on an object, or on a pod or a claim that belongs to it? */
export function isOn({ action, namespace, name }: Write, subject: Subject): boolean {
  if (namespace !== subject.namespace) return false;
  if (name === subject.name) return true;
  if (action.endsWith('_pod')) return name.startsWith(subject.name) && podSuffix.test(name.slice(subject.name.length));
  return action === 'expand_pvc' && name.replace(/-\d+$/, '').endsWith(`-${subject.name}`);
}
