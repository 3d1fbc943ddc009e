/**
 * What a supervisor tells a child's slot through the system lane. With `keep` the incarnation ends
 * and its slot stays, with the messages that are queued, until it is told to restart or end.
 */
export type ChildSignal =
  | { readonly type: "stop"; readonly shutdownMs: number; readonly keep: boolean }
  | { readonly type: "kill"; readonly keep: boolean }
  | { readonly type: "restart" }
  | { readonly type: "end" };
