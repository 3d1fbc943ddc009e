import { copyArguments, REF, type RefAddress, reviveRefs, type Value } from "../values/mod.ts";
import { DEFAULT_SHUTDOWN_MS, SPAWN_DEADLINE_MS } from "./constants.ts";
import type { ActorDefinition } from "./definition.ts";
import { DeadlineError, EndedError, SpawnError } from "./errors.ts";
import type { Incarnation } from "./incarnation.ts";
import type { Kernel } from "./kernel.ts";
import { REGISTRY, serviceOf } from "./own_slots.ts";
import { DEFAULT_MAILBOX } from "./mailbox.ts";
import { type AnyRef, NO_OPTIONS, type Ref } from "./ref.ts";
import type { ChildSpec } from "./supervision/child.ts";
import type { Supervision } from "./supervision/supervision.ts";
import type { Topology } from "./reports.ts";
import { ShardChoice } from "./fleet/shard_choice.ts";
import type { Slot } from "./slot.ts";
import type { BoxKind, SlotKind, SlotSpec } from "./slot_spec.ts";
import { placementProblem, type SpawnOptions } from "./spawn_options.ts";

/** How one shard starts actors: in itself or another, under a name or without. */
export class Spawner {
  readonly #kernel: Kernel;
  readonly #choice: ShardChoice;
  #lastKind: { readonly label: string | undefined; readonly kind: SlotKind } | undefined;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#choice = new ShardChoice(kernel.clock);
  }

  /** Says which shards there are. */
  setTopology(topology: Topology): void {
    this.#choice.setTopology(topology);
  }

  /** The shard closes: what waits for another one does so no longer. */
  close(): void {
    this.#choice.close();
  }

  /**
   * Starts an actor under `parent`, here or in another shard. One that needs nobody else for it, in
   * this shard, without a name and with a factory that is not async, has started on return.
   */
  spawn<A extends unknown[], H>(
    definition: ActorDefinition<A, H>,
    options: SpawnOptions<A>,
    parent: Slot,
    owner?: Incarnation,
  ): Promise<Ref<H>> {
    try {
      const problem = placementProblem(definition, options);
      if (problem) throw problem;
      if (!parent.canSpawn) throw endedParent(parent);
      const started = options.placement === "here" && options.name === undefined
        ? this.#startHere(definition as ActorDefinition<unknown[], H>, options, parent, owner)
        : this.#startAnywhere(definition as ActorDefinition<unknown[], H>, options, parent, owner);
      if (started instanceof Promise) return started;
      const breath = this.#kernel.scheduler.spend();
      return breath ? breath.then(() => started) : Promise.resolve(started);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Starts an actor without a name in this shard. */
  #startHere<H>(
    definition: ActorDefinition<unknown[], H>,
    options: AnySpawnOptions,
    parent: Slot,
    owner: Incarnation | undefined,
  ): Ref<H> | Promise<Ref<H>> {
    const spec = this.#spec(definition, options, parent);
    const { supervision } = parent;
    const child = spec.child = supervision.add(childSpec(spec.kind, options.id, undefined));
    try {
      const address = this.#kernel.start(spec, definition.factory);
      if (address instanceof Promise) return this.#whenUp(address, child, supervision, owner);
      supervision.started(child, address);
      return this.#kernel.ref<H>(address, owner);
    } catch (error) {
      supervision.ended(child);
      throw error;
    }
  }

  async #whenUp<H>(
    starting: Promise<RefAddress>,
    child: number,
    supervision: Supervision,
    owner: Incarnation | undefined,
  ): Promise<Ref<H>> {
    try {
      const address = await starting;
      supervision.started(child, address);
      return this.#kernel.ref<H>(address, owner);
    } catch (error) {
      supervision.ended(child);
      throw error;
    }
  }

  /** Starts an actor with a name, in another shard, or in a box. */
  async #startAnywhere<H>(
    definition: ActorDefinition<unknown[], H>,
    options: AnySpawnOptions,
    parent: Slot,
    owner: Incarnation | undefined,
  ): Promise<Ref<H>> {
    const { supervision } = parent;
    const here = options.placement === "here";
    const spec = this.#spec(definition, options, parent);
    const respec: Respec = { spec, shard: options.shard };
    // Only what lives elsewhere can be lost alone, and be started again.
    const child = spec.child = supervision.add(
      childSpec(spec.kind, options.id, here ? undefined : respec),
    );
    try {
      const address = here
        ? await this.#startNamed(spec, () => this.#kernel.start(spec, definition.factory))
        : await this.#startElsewhere(respec);
      supervision.started(child, address);
      return this.#kernel.ref<H>(address, owner);
    } catch (error) {
      supervision.ended(child);
      throw error;
    }
  }

  /** Starts a child whose shard was lost once more, in a new slot. */
  async respawn(respec: unknown): Promise<RefAddress> {
    return await this.#startElsewhere(respec as Respec);
  }

  async #startElsewhere({ spec, shard }: Respec): Promise<RefAddress> {
    const number = spec.box ? MAIN_SHARD : await this.#choice.choose(shard);
    return await this.#startNamed(spec, () => this.#startIn(number, spec));
  }

  /** Claims the name of a spec, if it has one, around its start. */
  async #startNamed(
    spec: DraftSpec,
    start: () => RefAddress | Promise<RefAddress>,
  ): Promise<RefAddress> {
    const { name } = spec;
    if (name === null) return await start();
    const claim = spec.claim = await this.#registry("claim", [name, this.#kernel.shard]) as number;
    let address: RefAddress | undefined;
    try {
      address = await start();
      await this.#registry("bind", [name, claim, { ...address }]);
      if (this.#kernel.reaches(address.shard)) return address;
      const words = `shard ${address.shard} was lost while "${name}" got its name`;
      throw new EndedError(words, { reason: "shard-lost" });
    } catch (error) {
      if (address) this.#kernel.signal(address, { type: "kill", keep: false });
      this.releaseName(name, claim);
      throw error;
    }
  }

  #spec(
    { url }: ActorDefinition<unknown[], unknown>,
    options: AnySpawnOptions,
    parent: Slot,
  ): DraftSpec {
    const name = options.name ?? null;
    const given = options.args;
    const args = given === undefined || given.length === 0 ? NO_ARGS : copied(given);
    const kind = this.#kindOf(url, name ?? options.label, options, parent);
    if (kind.persist) this.#kernel.keptStore.require(kind.path);
    return { kind, args, child: 0, name, claim: 0, box: boxOf(options) };
  }

  /** The kind of a spawn: that of the last one, if that was alike, as it mostly is. */
  #kindOf(
    url: string,
    label: string | undefined,
    { restart = "transient", shutdownMs = DEFAULT_SHUTDOWN_MS, mailbox, persist = false }:
      AnySpawnOptions,
    { path, address }: Slot,
  ): SlotKind {
    const last = this.#lastKind;
    if (
      last !== undefined && last.label === label && last.kind.url === url &&
      last.kind.parent === address && last.kind.restart === restart &&
      last.kind.shutdownMs === shutdownMs && last.kind.persist === persist && mailbox === undefined
    ) return last.kind;
    const own = label ?? labelOf(url);
    const kind: SlotKind = {
      url,
      path: path === "" ? own : `${path}/${own}`,
      ...{ parent: address, restart, shutdownMs, persist },
      mailbox: mailbox ? { ...mailbox } : DEFAULT_MAILBOX,
    };
    if (mailbox === undefined) this.#lastKind = { label, kind };
    return kind;
  }

  /** The actor registered under a name. */
  async lookup(name: string): Promise<RefAddress | undefined> {
    const found = await this.#registry("find", [name]) as AnyRef | null;
    return found?.[REF];
  }

  /** Has this shard told who holds a name, now and when that changes. */
  watchName(name: string): void {
    this.#kernel.post.tell(REGISTRY, "watch", [name, this.#kernel.shard], undefined, NO_OPTIONS);
  }

  /** Frees the name that a claim holds. */
  releaseName(name: string | null, claim: number): void {
    if (name === null || claim === 0) return;
    this.#kernel.post.tell(REGISTRY, "release", [name, claim], undefined, NO_OPTIONS);
  }

  #registry(handler: string, args: unknown[]): Promise<unknown> {
    return this.#kernel.post.ask(REGISTRY, handler, args, undefined, NO_OPTIONS);
  }

  async #startIn(shard: number, spec: SlotSpec): Promise<RefAddress> {
    const options = { deadlineMs: SPAWN_DEADLINE_MS };
    try {
      const service = serviceOf(shard);
      return await this.#kernel.post.ask(
        service,
        "spawn",
        [plainOf(spec)],
        undefined,
        options,
      ) as RefAddress;
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      throw new SpawnError(
        `${spec.kind.path} did not start within ${SPAWN_DEADLINE_MS} ms: what its module or factory ` +
          `awaits must come sooner, or be awaited by a handler`,
        { url: spec.kind.url },
      );
    }
  }
}

function endedParent(parent: Slot): Error {
  const { path } = parent;
  const reason = parent.state === "stopping" ? "shutdown" : "ended";
  return new EndedError(
    `${path || "the root supervisor"} is ${parent.state}: nothing can be started under it`,
    { reason },
  );
}

type AnySpawnOptions = SpawnOptions<unknown[]> | SpawnOptions<[]>;

/** A spec of which the numbers are not known yet. */
type DraftSpec = { -readonly [field in keyof SlotSpec]: SlotSpec[field] };

/** What starts an actor again elsewhere: everything but the shard, which is chosen anew. */
interface Respec {
  readonly spec: DraftSpec;
  /** The shard that was asked for. */
  readonly shard: string | undefined;
}

const NO_ARGS: unknown[] = [];

/** Boxes are kept by the main isolate: it alone can be sure to outlive them. */
const MAIN_SHARD = 0;

function boxOf({ placement, box = {} }: AnySpawnOptions): BoxKind | null {
  if (placement !== "worker" && placement !== "process") return null;
  const { root, ...rest } = box;
  // A URL is no value, and cannot travel.
  return { placement, options: root === undefined ? rest : { ...rest, root: String(root) } };
}

/** A spec as a value: an address of the runtime's own class is none. */
function plainOf(spec: SlotSpec): SlotSpec {
  const { kind } = spec;
  return { ...spec, kind: { ...kind, parent: kind.parent && { ...kind.parent } } };
}

/** What the supervision needs to know; the kind itself, which many share, where that is all. */
function childSpec(kind: SlotKind, id: string | undefined, respec: Respec | undefined): ChildSpec {
  if (id === undefined && respec === undefined) return kind;
  const { path, restart, shutdownMs } = kind;
  return { path, restart, shutdownMs, id, respec };
}

/** A copy of the arguments, in which refs are no more than what carries an address. */
function copied(given: readonly unknown[]): unknown[] {
  const args = given.slice();
  if (!copyArguments(args)) return args;
  for (let at = 0; at < args.length; at++) args[at] = reviveRefs(args[at] as Value, carrier);
  return args;
}

function carrier(address: RefAddress): AnyRef {
  return { [REF]: address };
}

const labels = new Map<string, string>();

/** What a person calls an actor that has no name: its module. */
function labelOf(url: string): string {
  const known = labels.get(url);
  if (known !== undefined) return known;
  const label = moduleName(url);
  if (labels.size < MAX_LABELS) labels.set(url, label);
  return label;
}

/** Labels that are remembered: as many as programs have modules. */
const MAX_LABELS = 1_024;

function moduleName(url: string): string {
  const file = url.slice(url.lastIndexOf("/") + 1);
  return file.replace(/\.[cm]?[jt]sx?$/, "");
}
