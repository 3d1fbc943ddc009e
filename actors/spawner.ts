import { copyValue, REF, type RefAddress, reviveRefs } from "../values/mod.ts";
import { DEFAULT_SHUTDOWN_MS, SPAWN_DEADLINE_MS } from "./constants.ts";
import type { ActorDefinition, Factory } from "./definition.ts";
import { DeadlineError, EndedError, SpawnError } from "./errors.ts";
import type { Incarnation } from "./incarnation.ts";
import type { Kernel } from "./kernel.ts";
import { REGISTRY, serviceOf } from "./own_slots.ts";
import type { AnyRef, Ref } from "./ref.ts";
import type { Topology } from "./reports.ts";
import type { Slot } from "./slot.ts";
import type { SlotSpec } from "./slot_spec.ts";
import { placementProblem, type SpawnOptions } from "./spawn_options.ts";

/** How one shard starts actors: in itself or another, under a name or without. */
export class Spawner {
  readonly #kernel: Kernel;
  #topology: Topology = { users: [], names: {} };
  #nextUser = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Says which shards there are. */
  setTopology(topology: Topology): void {
    this.#topology = topology;
  }

  /** Starts an actor under `parent`, here or in another shard. */
  async spawn<A extends unknown[], H>(
    definition: ActorDefinition<A, H>,
    options: SpawnOptions<A>,
    parent: Slot,
    owner?: Incarnation,
  ): Promise<Ref<H>> {
    const kernel = this.#kernel;
    const problem = placementProblem(definition, options);
    if (problem) throw problem;
    if (!parent.canSpawn) throw endedParent(parent);
    const persist = options.persist ?? false;
    const name = options.name ?? null;
    const copied = copyValue(options.args ?? [], "args");
    const args = reviveRefs(copied, (address) => kernel.ref(address)) as unknown[];
    const shard = options.placement === "here" ? kernel.shard : this.#chooseShard(options.shard);
    const label = name ?? options.label ?? labelOf(definition.url);
    const path = parent.spec.path === "" ? label : `${parent.spec.path}/${label}`;
    if (persist) kernel.keptStore.require(path);
    const restart = options.restart ?? "transient";
    const child = parent.supervision.add(path, restart, options.shutdownMs ?? DEFAULT_SHUTDOWN_MS);
    let claim = 0;
    let address: RefAddress | undefined;
    try {
      if (name !== null) claim = await this.#registry("claim", [name]) as number;
      const spec: SlotSpec = {
        ...{ url: definition.url, args, name, claim, path, restart, persist },
        mailbox: { ...options.mailbox },
        parent: { ...parent.address, child },
      };
      address = options.placement === "here"
        ? await kernel.start(spec, definition.factory as Factory<unknown[], unknown>)
        : await this.#startIn(shard, spec);
      if (name !== null) await this.#registry("bind", [name, claim, address]);
      parent.supervision.started(child, address);
      return kernel.ref<H>(address, owner);
    } catch (error) {
      parent.supervision.ended(child);
      if (address) kernel.signal(address, { type: "kill" });
      this.releaseName(name, claim);
      throw error;
    }
  }

  /** The actor registered under a name. */
  async lookup(name: string): Promise<RefAddress | undefined> {
    const found = await this.#registry("find", [name]) as AnyRef | null;
    return found?.[REF];
  }

  /** Frees the name that a claim holds. */
  releaseName(name: string | null, claim: number): void {
    if (name === null || claim === 0) return;
    this.#kernel.tell(REGISTRY, "release", [name, claim], undefined, {});
  }

  #registry(handler: string, args: unknown[]): Promise<unknown> {
    return this.#kernel.ask(REGISTRY, handler, args, undefined, {});
  }

  async #startIn(shard: number, spec: SlotSpec): Promise<RefAddress> {
    const options = { deadlineMs: SPAWN_DEADLINE_MS };
    try {
      const service = serviceOf(shard);
      return await this.#kernel.ask(service, "spawn", [spec], undefined, options) as RefAddress;
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      throw new SpawnError(
        `${spec.path} did not start within ${SPAWN_DEADLINE_MS} ms: what its module or factory ` +
          `awaits must come sooner, or be awaited by a handler`,
        { url: spec.url },
      );
    }
  }

  #chooseShard(name: string | undefined): number {
    const { users, names } = this.#topology;
    if (name === undefined) {
      const shard = users[this.#nextUser++ % Math.max(1, users.length)];
      if (shard === undefined) {
        throw new SpawnError(
          `there is no shard for users: start the system with userShards of 1 or more, or spawn ` +
            `with placement "here"`,
        );
      }
      return shard;
    }
    const shard = Object.hasOwn(names, name) ? names[name] : undefined;
    if (shard === undefined) {
      throw new RangeError(
        `there is no shard "${name}": there are ${Object.keys(names).join(", ")}`,
      );
    }
    return shard;
  }
}

function endedParent(parent: Slot): Error {
  const { path } = parent.spec;
  const reason = parent.state === "stopping" ? "shutdown" : "ended";
  return new EndedError(
    `${path || "the root supervisor"} is ${parent.state}: nothing can be started under it`,
    { reason },
  );
}

/** What a person calls an actor that has no name: its module. */
function labelOf(url: string): string {
  const file = url.slice(url.lastIndexOf("/") + 1);
  return file.replace(/\.[cm]?[jt]sx?$/, "");
}
