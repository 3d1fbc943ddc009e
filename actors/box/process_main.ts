/** Main module of a `process` actor's subprocess; its arguments name the permissions kept. @module */
import { runProcessHost } from "./process_host.ts";

await runProcessHost(Deno.args);
