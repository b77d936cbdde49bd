/** What to do after a write was answered. */
export type WriteVerdict =
  | { readonly do: 'Applied' }
  /** Look at the object again: it may carry our stamp already, or the request must be built anew. */
  | { readonly do: 'Reread' }
  | { readonly do: 'Wait'; readonly seconds: number }
  | { readonly do: 'Fail'; readonly reason: string; readonly message: string };
