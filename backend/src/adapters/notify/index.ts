export { createNotifier, type NotifierOptions, type Receiver } from './notifier.ts';
