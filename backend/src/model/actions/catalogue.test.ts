import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionNames, catalogue, Command, parseCommand, printCommand } from './catalogue.ts';

const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/);
const commands = fc.oneof(
  fc.record({
    name: fc.constant('scale_deployment'),
    params: fc.record({ name, ns: name, replicas: fc.integer({ min: 0, max: 1000 }) }),
  }),
  fc.record({ name: fc.constant('restart_deployment'), params: fc.record({ name, ns: name }) }),
  fc.record({ name: fc.constant('cordon_node'), params: fc.record({ name }) }),
  fc.record({
    name: fc.constant('update_hpa'),
    params: fc.record({ name, ns: name, min: fc.integer({ min: 1, max: 9 }), max: fc.integer({ min: 9, max: 1000 }) }),
  }),
  fc.record({
    name: fc.constant('drain_node'),
    params: fc.record({ name, delete_emptydir_data: fc.boolean() }, { requiredKeys: ['name'] }),
  }),
  fc.record({
    name: fc.constant('failover_database'),
    params: fc.record({ name, ns: name, to: name }, { requiredKeys: ['name', 'ns'] }),
  }),
  fc.record({
    name: fc.constant('notify_only'),
    params: fc.record({ message: fc.string({ minLength: 1, maxLength: 200 }) }),
  }),
);

describe('the catalogue', () => {
  it('knows its actions, each complete', () => {
    expect(actionNames).toEqual(
      expect.arrayContaining([
        'scale_deployment',
        'restart_deployment',
        'rollback_deployment',
        'restart_pod',
        'delete_pod',
        'increase_resources',
        'cordon_node',
        'uncordon_node',
        'drain_node',
        'update_hpa',
        'expand_pvc',
        'scale_statefulset',
        'restart_statefulset',
        'restart_daemonset',
        'rollback_statefulset',
        'rollback_daemonset',
        'failover_database',
        'rotate_secrets',
        'notify_only',
      ]),
    );
    for (const row of catalogue.values()) {
      expect(row.summary.length).toBeGreaterThan(5);
      expect(row.order.length).toBeGreaterThan(0);
    }
  });

  it('reads what it prints: parse ∘ print = identity', () => {
    fc.assert(
      fc.property(commands, (given) => {
        const command = Command.parse(given);
        const read = parseCommand(printCommand(command));
        expect(read).toEqual({ ok: true, command });
      }),
    );
  });

  it.each([
    ['', /unknown action ""/],
    ['rm -rf', /"-rf" is not key=value/],
    ['delete_everything ns=x', /unknown action "delete_everything"/],
    ['scale_deployment name=web ns=shop', /replicas/],
    ['scale_deployment name=web ns=shop replicas=-1', /replicas/],
    ['scale_deployment name=web ns=shop replicas=2 force=true', /force/],
    ['scale_deployment name=web name=other ns=shop replicas=2', /name is given twice/],
    ['scale_deployment name=../x ns=shop replicas=2', /name/],
    ['update_hpa name=web ns=shop', /max: min or max must be given/],
    ['update_hpa name=web ns=shop min=4 max=2', /min: must not be more than max/],
    ['increase_resources name=web ns=shop kind=Pod container=main cpu=1', /kind/],
    ['expand_pvc name=data ns=shop size=lots', /size: must be a Kubernetes quantity/],
    ['drain_node name=a delete_emptydir_data=perhaps', /delete_emptydir_data/],
    ['failover_database name=pg ns=shop to=../pg-2', /to: must be a Kubernetes name/],
    ['notify_only message="open', /quoted|key=value/],
  ])('refuses %j and names the word it stumbled over', (line, message) => {
    const read = parseCommand(line);
    expect(read.ok).toBe(false);
    expect(read.ok ? '' : read.message).toMatch(message);
  });
});
