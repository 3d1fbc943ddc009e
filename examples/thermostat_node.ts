/**
 * Two nodes in one process: one has a thermostat, the other sets it from afar.
 *
 * Run it with `deno run --allow-net --allow-read --allow-env --allow-ffi --allow-sys
 * examples/thermostat_node.ts`.
 *
 * @module
 */
import { MaculaNode } from "@macula/mesh";
import thermostat from "./thermostat.ts";

await using home = await MaculaNode.start();
const ref = await home.spawn(thermostat, { args: [20], name: "thermostat", expose: "home" });
ref.tell.set(21); // fire and forget
console.log("at home:", await ref.ask.get()); // typed reply, deadline, error
await using _served = await home.serve("home/fahrenheit", (celsius: number) => celsius * 1.8 + 32);

await using away = await MaculaNode.start();
await away.connect(home.address); // a node there with another key would not do
await using targets = away.subscribe("home/*");
await targets.ready;
const far = away.actor<typeof thermostat>(`macula://${home.id}/home/thermostat`);
await far.ask.set(15); // the same actor, from the other node
for await (const { topic, payload } of targets) {
  console.log("from afar:", topic, payload);
  break;
}
console.log("in Fahrenheit:", await away.call("home/fahrenheit", [await far.ask.get()]));
