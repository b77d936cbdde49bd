import type { Incident } from '../../backend/src/model/index.ts';
import type { DemoFault } from '../cluster/index.ts';
import { openBrowser, type Browser } from '../grafana/index.ts';
import { startStand, type Stand, type StandOptions } from './stand.ts';
import { visitors, type Visitors } from './visitor.ts';

/** People in front of a stand in which something broke, and the plan to mend it waits for one of them. */
export interface Scene extends Visitors {
  readonly stand: Stand;
  readonly browser: Browser;
  readonly waiting: Incident;
  close(): Promise<void>;
}

/** For a hook that waits for `planWaiting` (ms): more than all that it waits for, or the hook would give up first. */
export const scenePatience = 900_000;

/** Breaks a release, and more where asked; lets time pass until every incident has its plan, then hardly any more. */
export async function planWaiting(
  options: StandOptions & { readonly alsoBroken?: readonly DemoFault['kind'][] } = {},
): Promise<Scene> {
  const { alsoBroken = [], ...standing } = options;
  const [stand, browser] = await Promise.all([startStand(standing), openBrowser()]);
  const close = async (): Promise<void> => {
    await browser.close();
    await stand.close();
  };
  try {
    const others: DemoFault['target'][] = [];
    for (const kind of alsoBroken) others.push(await stand.fault(kind));
    await stand.fault('bad-release');
    const waiting = await stand.incident((one) => isProposed(one) && /rollback/.test(JSON.stringify(one.plan)), 240);
    for (const { name } of others) await stand.incident((one) => isProposed(one) && one.target.name === name, 240);
    stand.linger();
    return { ...visitors(stand, browser), stand, browser, waiting, close };
  } catch (error) {
    await close();
    throw error;
  }
}

export const isProposed = ({ phase, plan }: Incident): boolean => phase === 'Proposed' && plan !== undefined;
