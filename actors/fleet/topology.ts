import type { Topology } from "../reports.ts";
import type { Place } from "./place.ts";
import { isUserShard } from "./shard_names.ts";

/** What the shards of these places look like to those who start actors in them. */
export function topologyOf(places: readonly Place[]): Topology {
  const users: number[] = [];
  const names: { [name: string]: number } = { main: 0 };
  const away: string[] = [];
  for (const { name, state, alive } of places) {
    if (alive) names[name] = alive.number;
    if (alive && state === "running" && isUserShard(name)) users.push(alive.number);
    if (state === "starting" || state === "stuck") away.push(name);
  }
  return { users, names, away };
}
