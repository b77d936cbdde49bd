import { play, type PlayOptions } from './play.ts';
import { rowOf, type Row } from './score.ts';
import type { Scenario } from './scenario.ts';

export interface Order {
  readonly scenario: Scenario;
  readonly options: PlayOptions;
}
export type Report = { readonly row: Row } | { readonly scenario: string; readonly error: string };

/** One scenario after the other, as the parent process sends them: only observing first, then acting. */
async function carryOut({ scenario, options }: Order): Promise<Report> {
  try {
    const observing = await play(scenario, { ...options, mode: 'observe' });
    const acting = options.mode === 'observe' ? observing : await play(scenario, options);
    return { row: rowOf(scenario, acting, observing) };
  } catch (error) {
    return { scenario: scenario.name, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on('message', (order: Order) => {
  void carryOut(order).then((report) => process.send?.(report));
});
