import { child, defineSupervisor } from "../mod.ts";
import probe from "./probe.ts";

/** A supervisor of two probes that are restarted together, once. */
export default defineSupervisor(import.meta, {
  strategy: "one_for_all",
  intensity: 1,
  children: [
    child(probe, { id: "first", args: ["new"] }),
    child(probe, { id: "second", args: ["new"] }),
  ],
});
