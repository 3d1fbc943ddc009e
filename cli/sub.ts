import { Continuity, type NodeEvent, type Publication, type Subscription } from "../mod.ts";
import { parsePattern } from "../names/mod.ts";
import type { NodeAddress } from "../transport/mod.ts";
import { clockTime } from "./clock_time.ts";
import type { Context } from "./context.ts";
import { counted, eventTeller } from "./event_words.ts";
import { wrongUse } from "./failure.ts";
import { valueToJson } from "./json_form.ts";
import type { Output } from "./output.ts";
import { dialableAddresses } from "./places.ts";
import { Visitor } from "./visitor.ts";

/** Options of `macula sub`. */
export interface SubOptions {
  readonly connect?: readonly NodeAddress[];
  readonly listen?: string;
  readonly allow?: readonly string[];
  readonly open?: true;
  readonly data?: string;
  readonly network?: string;
  /** Publications after which it ends; without end unless named. */
  readonly count?: number;
  /** For the first connection, in milliseconds. */
  readonly timeout: number;
}

/**
 * `macula sub`: prints what is published, until it is told to stop. Connections that are lost are
 * made again.
 *
 * @throws {Failure} when the nodes do not answer at first, or refuse
 */
export async function sub(
  pattern: string,
  options: SubOptions,
  { output, ending }: Context,
): Promise<void> {
  parsePattern(pattern);
  const { connect: hosts = [], count = Infinity, timeout, ...identity } = options;
  if (hosts.length === 0 && options.listen === undefined) {
    throw wrongUse(
      "sub needs --connect ADDRESS, the node to listen to, or --listen HOST:PORT, where publishers " +
        "connect",
    );
  }
  let onEvent = (_: NodeEvent): void => {};
  await using visitor = await Visitor.start(
    { ...identity, hosts },
    output,
    (event) => onEvent(event),
  );
  const { node } = visitor;
  const stopped = ending.came.then(() => {});
  await Promise.race([visitor.join(timeout), stopped]);
  if (ending.cause) return;

  await using subscription = node.subscribe(pattern);
  await Promise.race([subscription.ready, stopped]);
  const tell = eventTeller("note", output, hosts);
  onEvent = (event) => {
    // Peers of the hosts come by, and are not let in unless that is asked for: that is no news.
    if (event.event === "refused" && event.by === "here" && event.code === "not-allowed") return;
    tell(event);
  };
  const addresses = options.listen === undefined
    ? []
    : dialableAddresses(node.address, Deno.networkInterfaces());
  const [address] = addresses;
  void output.event({ event: "ready", nodeId: node.id, pattern, address });
  const where = [hosts.length > 0 ? `at ${visitor.place}` : "", address ? `as ${address}` : ""];
  void output.note(`subscribed to ${pattern} ${where.filter((words) => words).join(", ")}`);

  const listener = new Listener(output);
  await Promise.race([listen(subscription, listener, count), stopped, visitor.failed()]);
  listener.end();
}

async function listen(
  subscription: Subscription,
  listener: Listener,
  count: number,
): Promise<void> {
  for await (const publication of subscription) {
    await listener.take(publication);
    if (listener.received >= count) return;
  }
}

/** Prints publications, and counts those that did not come. */
class Listener {
  received = 0;
  readonly #output: Output;
  readonly #continuity = new Continuity();

  constructor(output: Output) {
    this.#output = output;
  }

  /** Settles when there is room for the next. */
  async take(publication: Publication): Promise<void> {
    const { topic, payload, publisher, incarnation, sequence } = publication;
    this.received++;
    const verdict = this.#continuity.see(publisher, incarnation, topic, sequence);
    if (verdict.kind === "gap") this.#tellMissing(publication, verdict.missing);
    const shown = typeof payload === "string" ? payload : valueToJson(payload) ?? "";
    const room = this.#output.event({
      ...{ event: "publication", topic, payload, publisher, incarnation, sequence },
    });
    const time = clockTime(new Date());
    await Promise.all([
      room,
      this.#output.line(["dim", time], "  ", ["bold", topic], `  ${shown}`),
    ]);
  }

  /** The last words. */
  end(): void {
    const { received } = this;
    const { missing } = this.#continuity.counts;
    void this.#output.event({ event: "stopped", received, missing });
    if (missing > 0) {
      void this.#output.note(
        ["yellow", "missed"],
        ` ${counted(missing, "publication")} in all; ${received} came`,
      );
    }
  }

  #tellMissing({ topic, publisher }: Publication, missing: number): void {
    void this.#output.event({ event: "missed", topic, publisher, publications: missing });
    void this.#output.note(
      ["yellow", "missed"],
      ` ${
        counted(missing, "publication")
      } on ${topic}: lost with a connection, or dropped because ` +
        `this output is read too slowly`,
    );
  }
}
