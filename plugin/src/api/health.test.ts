import { healthSentence } from './health';
import { health } from '../../tests/samples';

describe('healthSentence', () => {
  it('names version, cluster and mode when all is well', () => {
    expect(healthSentence(health, 'viewer')).toBe(
      'KubeWise 0.1.0 watches cluster demo, mode MANUAL. All parts are well.'
    );
  });

  it('names the parts that are not well, and not those that are off', () => {
    const unwell = {
      ...health,
      components: {
        prometheus: { status: 'down', message: 'connection refused' },
        model: { status: 'disabled', message: 'no key' },
      },
    } as const;
    expect(healthSentence(unwell, 'viewer')).toContain('Not well: prometheus down: connection refused.');
    expect(healthSentence(unwell, 'viewer')).not.toContain('no key');
  });

  it('warns about a token that may do more than read', () => {
    expect(healthSentence(health, 'admin')).toContain('The viewer token has the role admin');
  });
});
