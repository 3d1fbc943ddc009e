/**
 * Nodes of one process that know each other through the DHT, by the public API.
 *
 * @module
 */
import { MaculaNode } from "@macula/mesh";
import type { Lookups } from "../workload.ts";

/** Name under which every node puts a record. */
const RECORD = "bench/record";

/** So many nodes, of which the others know the address of the first. */
export class MaculaDht implements Lookups, AsyncDisposable {
  readonly #nodes: readonly MaculaNode[];
  readonly #opened: AsyncDisposableStack;

  private constructor(nodes: readonly MaculaNode[], opened: AsyncDisposableStack) {
    this.#nodes = nodes;
    this.#opened = opened;
  }

  static async open(count: number): Promise<MaculaDht> {
    await using opened = new AsyncDisposableStack();
    const first = opened.use(await MaculaNode.start({ shards: 0 }));
    const nodes = [first];
    while (nodes.length < count) {
      const node = opened.use(
        await MaculaNode.start({ shards: 0, bootstrap: [first.address] }),
      );
      await node.joined();
      nodes.push(node);
    }
    for (const node of nodes) await node.dht.put(RECORD, node.id);
    return new MaculaDht(nodes, opened.move());
  }

  async lookup(i: number): Promise<{ readonly sought: string; readonly found: string }> {
    const [asker, { id: sought }] = this.#pick(i);
    const { closest } = await asker.dht.lookup(sought);
    return { sought, found: closest[0]?.peer ?? "nobody" };
  }

  async readRecord(i: number): Promise<{ readonly sought: string; readonly found: string }> {
    const [asker, { id: sought }] = this.#pick(i);
    const record = await asker.dht.get(RECORD, { owner: sought });
    return { sought, found: String(record?.value) };
  }

  /** Two nodes, other ones for each number. */
  #pick(i: number): [MaculaNode, MaculaNode] {
    const count = this.#nodes.length;
    const from = i % count;
    const to = (from + 1 + Math.floor(i / count) % (count - 1)) % count;
    return [this.#nodes[from] as MaculaNode, this.#nodes[to] as MaculaNode];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }
}
