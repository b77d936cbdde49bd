import { targetName } from '../../../model/index.ts';
import { workloadFacts } from '../facts.ts';
import { anomaliesOf, eventsOf, type CauseRule, type Symptoms } from '../symptoms.ts';

/** A container that the kernel killed around the incident, newest kill first. */
function killed(symptoms: Symptoms) {
  return symptoms.state.pods
    .flatMap((pod) => pod.containers.map((container) => ({ pod, container })))
    .filter(({ container }) => container.ended?.reason === 'OOMKilled')
    .filter(({ container }) => (container.ended?.at ?? 0) >= symptoms.incident.startedAt - 900)
    .sort((a, b) => (b.container.ended?.at ?? 0) - (a.container.ended?.at ?? 0));
}

/** The working set hit the limit (exit code 137, reason OOMKilled), or is about to. */
export const outOfMemory: CauseRule = {
  class: 'OutOfMemory',
  judge(symptoms) {
    const kills = killed(symptoms);
    const [growth] = anomaliesOf(symptoms, 'memory');
    const [first] = kills;
    const [ahead] = anomaliesOf(symptoms, 'forecast');
    const grows = growth !== undefined && growth.unit === 'ratio' && growth.value > growth.expected;
    const nearLimit = grows && (growth.value > 0.8 || ahead !== undefined);
    if (!first && !nearLimit && eventsOf(symptoms, 'OOMKilling').length === 0) return undefined;
    const where = targetName(symptoms.suspect);
    return {
      score: first ? 0.9 : 0.55,
      message: first
        ? `container ${first.container.name} of ${where} was killed by the kernel for exceeding its memory limit`
        : `memory of ${where} is close to its limit, or soon will be`,
      evidence: [
        ...kills.slice(0, 3).map(({ pod, container }) => `${pod.name}/${container.name} ended with OOMKilled`),
        ...(growth ? [growth.sentence] : []),
        ...(ahead ? [ahead.sentence] : []),
      ],
      facts: workloadFacts(symptoms, first?.container.name),
    };
  },
};
