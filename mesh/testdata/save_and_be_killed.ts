/**
 * Run by store_actor_test.ts: starts an actor that persists in the data folder of the first
 * argument, has it note the second and save, and kills itself with SIGKILL once that has settled.
 *
 * @module
 */
import { ActorSystem } from "../../actors/mod.ts";
import storeActor from "../store_actor.ts";
import diary from "./diary.ts";

const [data = "", word = ""] = Deno.args;
const system = await ActorSystem.start({ userShards: 1 });
await system.attachStore(await system.spawn(storeActor, { args: [data], placement: "here" }));
const ref = await system.spawn(diary, { name: "diary", persist: true });
await ref.ask.noteAndSave(word);
await ref.ask.note("never saved");
Deno.kill(Deno.pid, "SIGKILL");
