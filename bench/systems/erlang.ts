/**
 * The peer `erlang`: processes of the BEAM, compiled when they are needed.
 *
 * @module
 */
import type { CaseName } from "../actor_workload.ts";
import { UnavailableError } from "../harness.ts";
import { ActorProcess, type ActorSystemUnderTest } from "./actor_systems.ts";

/** Where the modules are, beside this one. */
const MODULES = new URL("./erlang/", import.meta.url);
/** Processes that there may be at once; `skynet` has more than the default of 262,144. */
const PROCESSES = 2_000_000;
/** Cases between cores: with two schedulers. All others have one, as a shard has one thread. */
const TWO_SCHEDULERS: ReadonlySet<CaseName> = new Set(["xshard-tell", "xshard-ask"]);

/** Erlang, with the modules of the cases in a temporary folder. */
export class Erlang implements ActorSystemUnderTest, AsyncDisposable {
  readonly name = "erlang";
  readonly notes: ActorSystemUnderTest["notes"] = {
    "count-object": "a map of three; its constant key and name are not copied",
    "count-1k": "a binary of that size is shared, not copied",
    ask: "gen_server:call",
    memory: "processes without a behaviour, which gen_server would add to",
    restart:
      "a supervisor and a gen_server; one after the other, since what waits in a mailbox dies with it",
    timers: "how late a tick every 5 ms is while two processes play ping-pong",
    "xshard-tell": "one process bound to each of two schedulers; the heap is one",
    "xshard-ask": "gen_server:call; one process bound to each of two schedulers; the heap is one",
  };
  readonly lacks: ActorSystemUnderTest["lacks"] = {
    "process-ask": "none of its processes is one of the operating system's",
  };
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws {UnavailableError} When erlc is not on PATH. */
  static async compile(): Promise<Erlang> {
    const sources: string[] = [];
    for await (const { name } of Deno.readDir(MODULES)) {
      if (name.endsWith(".erl")) sources.push(name);
    }
    const folder = await Deno.makeTempDir({ prefix: "macula-bench-" });
    const erlang = new Erlang(folder);
    try {
      await erlc(["-o", folder, ...sources]);
      return erlang;
    } catch (error) {
      await erlang[Symbol.asyncDispose]();
      throw error;
    }
  }

  start(name: CaseName): Promise<ActorProcess> {
    const schedulers = TWO_SCHEDULERS.has(name) ? 2 : 1;
    return ActorProcess.program("erl", [
      ...["+S", `${schedulers}`, "+P", `${PROCESSES}`],
      ...["-noshell", "-pa", this.#folder, "-run", "driver", "main", name],
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}

async function erlc(args: readonly string[]): Promise<void> {
  const command = new Deno.Command("erlc", { args: [...args], cwd: MODULES, stderr: "piped" });
  try {
    const { success, stdout, stderr } = await command.output();
    const decoder = new TextDecoder();
    if (!success) throw new Error(`erlc: ${decoder.decode(stdout)}${decoder.decode(stderr)}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new UnavailableError("erlc and erl are not on PATH");
    }
    throw error;
  }
}
