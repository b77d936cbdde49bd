export { createNotifier, type NotifierOptions, type Receiver } from './notifier.ts';
export { pagerDutyUrl } from './pagerduty.ts';
