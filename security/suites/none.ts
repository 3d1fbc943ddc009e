import type { Layer } from "./layer.ts";

const PLAIN = {
  seal: (_header: Uint8Array, payload: Uint8Array): Uint8Array => payload,
  open: (_header: Uint8Array, sealed: Uint8Array): Uint8Array => sealed,
};

/** The layer that adds nothing to what the transport gives. */
export const none: Layer = { name: "none", sealing: () => PLAIN, opening: () => PLAIN };
