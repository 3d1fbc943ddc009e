/** Stands for a compiled binary: a main module with every permission, and the hidden subcommand. @module */
import { HOST_SUBCOMMAND, runProcessHost } from "../mod.ts";

const [subcommand, ...permissions] = Deno.args;
if (subcommand !== HOST_SUBCOMMAND) throw new Error(`unknown subcommand "${subcommand}"`);
await runProcessHost(permissions);
