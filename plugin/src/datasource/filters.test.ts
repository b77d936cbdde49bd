import { matches } from './filters';

const row = { namespace: 'shop', workload: 'web', severity: 'critical' };
const filter = (key: string, operator: string, value: string, values?: string[]) => [{ key, operator, value, values }];

describe('matches', () => {
  it.each([
    ['=', 'shop', true],
    ['=', 'other', false],
    ['!=', 'shop', false],
    ['!=', 'other', true],
    ['=~', 'sh.*', true],
    ['=~', 'sh', false],
    ['!~', 'sh.*', false],
    ['=~', '(', false],
    ['!~', '(', true],
  ])('namespace %s %s is %s', (operator, value, expected) => {
    expect(matches(row, filter('namespace', operator, value))).toBe(expected);
  });

  it('knows lists of values', () => {
    expect(matches(row, filter('workload', '=|', 'api', ['api', 'web']))).toBe(true);
    expect(matches(row, filter('workload', '!=|', 'api', ['api', 'web']))).toBe(false);
  });

  it('takes an absent label as empty, and every filter must hold', () => {
    expect(matches(row, filter('metricType', '=', ''))).toBe(true);
    expect(matches(row, [...filter('namespace', '=', 'shop'), ...filter('severity', '=', 'info')])).toBe(false);
    expect(matches(row, [])).toBe(true);
  });
});
