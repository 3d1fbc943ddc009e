import type { Command } from "commander";
import type { Context } from "./context.ts";
import { addDhtGet } from "./dht_get.ts";
import { addDhtLookup } from "./dht_lookup.ts";
import { addDhtPut } from "./dht_put.ts";
import { addDhtTable } from "./dht_table.ts";

/** Adds `macula dht` and its subcommands. */
export function addDht(program: Command, context: Context): void {
  const dht = program.command("dht")
    .summary("read and write records, look nodes up")
    .description(
      "Works with the distributed hash table that the nodes of a network keep together: signed " +
        "records, and who takes part in what.",
    );
  addDhtGet(dht, context);
  addDhtPut(dht, context);
  addDhtLookup(dht, context);
  addDhtTable(dht, context);
}
