import type { StoreEvent } from './store.ts';

/** A controller that lives in the server because a real cluster's controller manager brings it. */
export interface Keeper {
  /** Notes what a change asks for. Must not write. */
  note(shelf: string, event: StoreEvent): void;
  /** Does what was noted; true when it wrote something. */
  work(): boolean;
}
