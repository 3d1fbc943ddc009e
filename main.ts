/**
 * The `macula` command.
 *
 * @module
 */

import { processShell } from "./cli/context.ts";
import { run } from "./cli/program.ts";

if (import.meta.main) Deno.exit(await run(Deno.args, processShell()));
