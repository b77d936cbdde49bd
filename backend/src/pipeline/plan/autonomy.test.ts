import { describe, expect, it } from 'vitest';
import { Policy, Step, type Mode } from '../../model/index.ts';
import { forbidden, grant, mayApprove } from './autonomy.ts';

const step = (name: string, params: Record<string, unknown>): Step => Step.parse({ id: 'a', action: { name, params } });
const scale = step('scale_deployment', { name: 'web', ns: 'shop', replicas: 3 });
const grow = step('increase_resources', { name: 'web', ns: 'shop', container: 'web', memory: '512Mi' });
const inSystem = step('restart_deployment', { name: 'dns', ns: 'kube-system' });
const cordon = step('cordon_node', { name: 'worker-1' });
const target = { cluster: 'c', kind: 'Deployment', namespace: 'shop', name: 'web' };
const autonomyOf = (steps: readonly Step[], policy: unknown, mode: Mode = 'AUTO') =>
  grant(steps, Policy.parse(policy), mode).autonomy;

describe('grant', () => {
  it('asks a person unless the policy says otherwise', () => {
    expect(autonomyOf([scale], {})).toBe('Approve');
  });
  it('runs nothing by itself in MANUAL', () => {
    const policy = { rules: [{ actions: ['scale_deployment'], autonomy: 'Auto' }] };
    expect(autonomyOf([scale], policy)).toBe('Auto');
    expect(grant([scale], Policy.parse(policy), 'MANUAL')).toEqual({ autonomy: 'Approve', reason: 'ModeManual' });
  });
  it('does not extend a blanket Auto to what is riskier than low', () => {
    expect(autonomyOf([grow], { defaultAutonomy: 'Auto' })).toBe('Approve');
    expect(autonomyOf([grow], { rules: [{ actions: ['increase_resources'], autonomy: 'Auto' }] })).toBe('Auto');
  });
  it('gives a plan the least that any of its steps has', () => {
    const policy = {
      rules: [
        { actions: ['scale_deployment'], autonomy: 'Auto' },
        { actions: ['cordon_node'], autonomy: 'Suggest' },
      ],
    };
    expect(autonomyOf([scale, cordon], policy)).toBe('Suggest');
  });
  it('lets the first matching rule decide', () => {
    const rules = [
      { namespaces: ['shop'], autonomy: 'Observe' },
      { actions: ['scale_deployment'], autonomy: 'Auto' },
    ];
    expect(autonomyOf([scale], { rules })).toBe('Observe');
  });
});

describe('forbidden', () => {
  it('never touches a protected namespace', () => {
    expect(forbidden([inSystem], Policy.parse({}))?.reason).toBe('ProtectedNamespace');
    expect(forbidden([scale], Policy.parse({}))).toBeUndefined();
  });
});

describe('mayApprove', () => {
  const person = { subject: 'user:7', issuer: 'https://g' };
  const policy = Policy.parse({ approvers: [{ ...person, namespaces: ['shop'] }] });
  it('compares issuer, subject and namespace', () => {
    expect(mayApprove(person, target, [scale], policy)).toBe(true);
    expect(mayApprove({ ...person, issuer: 'token' }, target, [scale], policy)).toBe(false);
    expect(mayApprove({ ...person, subject: 'user:8' }, target, [scale], policy)).toBe(false);
    expect(mayApprove(person, { ...target, namespace: 'bank' }, [scale], policy)).toBe(false);
  });
  it.each([
    ['scale_deployment', { name: 'ledger', ns: 'bank', replicas: 0 }, false],
    ['cordon_node', { name: 'node-1' }, false],
    ['notify_only', { message: 'look' }, true],
  ])('looks at what each step touches, not only at what the incident is about: %s', (name, params, allowed) => {
    const other = { ...scale, id: 'other', action: { name, params } };
    expect(mayApprove(person, target, [scale, other], policy)).toBe(allowed);
  });
  it('lets every approver when nobody is named', () => {
    expect(mayApprove({ subject: 'anyone', issuer: 'token' }, target, [scale], Policy.parse({}))).toBe(true);
  });
});
