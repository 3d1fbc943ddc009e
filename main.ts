/**
 * The `macula` command.
 *
 * @module
 */

import { HOST_SUBCOMMAND, runProcessHost } from "./actors/mod.ts";
import { processShell } from "./cli/context.ts";
import { run } from "./cli/program.ts";

if (import.meta.main) {
  const [command, ...permissions] = Deno.args;
  // A binary has no other program to run as the process of an actor: it is that itself.
  if (command === HOST_SUBCOMMAND) await runProcessHost(permissions);
  else Deno.exit(await run(Deno.args, processShell()));
}
