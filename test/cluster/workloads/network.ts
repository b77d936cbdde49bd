import { troubleOf, type Circumstances } from './circumstances.ts';
import type { Actor, Wire } from './flow.ts';

const clear: Wire = { lost: 0, delay: 0 };
const share = (some: number, all: number): number => (all === 0 ? 0 : some / all);

/**
 * What happens to a call between two pods: DNS has to answer, both nodes have to be reachable, and lost packets cost a
 * retransmission timeout (200 ms at least in Linux) or the call.
 */
export function wireOf(around: Circumstances, dnsDown: number, from: Actor, callees: readonly Actor[]): Wire {
  if (dnsDown === 0 && around.nodes.size === 0) return clear;
  const here = troubleOf(around, from.node);
  const serving = callees.filter((one) => one.serving);
  const beyond = serving.filter((one) => one.node !== from.node);
  const cut = here.cutOff ? beyond.length : beyond.filter((one) => troubleOf(around, one.node).cutOff).length;
  const loss = serving.reduce((sum, one) => {
    const there = one.node === from.node ? 0 : troubleOf(around, one.node).loss;
    return sum + 1 - (1 - (one.node === from.node ? 0 : here.loss)) * (1 - there);
  }, 0);
  const lossShare = share(loss, serving.length);
  // Clients keep an answer for 30 s or so: a part of the lookups never reaches the server.
  const lost = 1 - (1 - dnsDown * 0.85) * (1 - share(cut, serving.length)) * (1 - lossShare ** 2);
  return { lost, delay: dnsDown * 0.4 + lossShare * 0.9 };
}
