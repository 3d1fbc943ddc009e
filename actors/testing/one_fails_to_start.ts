import { child, defineSupervisor } from "../mod.ts";
import failsToStart from "./fails_to_start.ts";
import probe from "./probe.ts";

/** A supervisor whose second child does not start. */
export default defineSupervisor(import.meta, {
  children: [
    child(probe, { id: "sound", name: "sound", args: [] }),
    child(failsToStart, { id: "broken", args: ["no luck"] }),
    child(probe, { id: "never", args: [] }),
  ],
});
