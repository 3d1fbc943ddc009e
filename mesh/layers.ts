import { type Layers, loadLayers } from "../security/mod.ts";

let loading: Promise<Layers> | undefined;

/** The suites' layers of this isolate, loaded once: they are functions, and cannot be sent to actors. */
export function layers(): Promise<Layers> {
  return loading ??= loadLayers();
}
