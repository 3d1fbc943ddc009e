import { child, defineSupervisor } from "../mod.ts";
import twoProbes from "./two_probes.ts";

/** A supervisor of supervisors. */
export default defineSupervisor(import.meta, {
  children: ["left", "right"].map((id) => child(twoProbes, { id, restart: "permanent" })),
});
