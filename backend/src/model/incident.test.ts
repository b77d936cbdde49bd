import { describe, expect, it } from 'vitest';
import { activePhases, canMove, Phase, transitions } from './incident.ts';

describe('the life of an incident', () => {
  it('lists every phase, and only phases', () => {
    expect(Object.keys(transitions).sort()).toEqual([...Phase.options].sort());
    for (const next of Object.values(transitions)) for (const phase of next) expect(Phase.options).toContain(phase);
  });

  it('executes only what was approved', () => {
    const into = (phase: Phase) => Phase.options.filter((from) => canMove(from, phase));
    expect(into('Remediating')).toEqual(['Approved']);
    expect(into('Approved')).toEqual(['Proposed']);
    expect(into('Verifying')).toEqual(['Remediating']);
  });

  it('reaches an end from every phase', () => {
    const ends = (phase: Phase, seen: readonly Phase[] = []): boolean =>
      transitions[phase].length === 0 ||
      transitions[phase].some((next) => !seen.includes(next) && ends(next, [...seen, phase]));
    for (const phase of Phase.options) expect(ends(phase)).toBe(true);
    expect(activePhases).not.toContain('Resolved');
  });
});
