import type { Bench, Group } from "./harness.ts";
import { DenoQuic } from "./systems/deno_quic.ts";
import { MaculaEndpoint } from "./systems/macula_endpoint.ts";
import { MaculaNodes } from "./systems/macula_node.ts";
import { connects, oneWay, patternBytes, roundTrips } from "./workload.ts";

/** Payload of a round trip, in bytes. */
const SMALL_BYTES = 64;
/** What one run sends one way, in bytes. */
const BULK_BYTES = 64 * 1024 * 1024;
/** The same in small datagrams, which take longer. */
const SMALL_DATAGRAM_BULK_BYTES = 16 * 1024 * 1024;
/** Largest datagram to another host, in bytes: what loopback is held to for one case. */
const PATH_DATAGRAM_BYTES = 1_350;

/** Goals: what a plain driver on the same socket reached. */
const ROUND_TRIP_GOAL = { atMost: 400 } as const;
const ONE_WAY_GOAL = { atLeast: 7 } as const;

const NO_CLIENT_CERTIFICATE = "no client certificate, no verdict of the far side, no actor layer";

/** Handshakes, round trips and bytes between two processes. */
export const transport: Group = {
  name: "transport",
  about: "handshake, round trip, one way: the endpoint alone, and through the public API",
  cases: [
    ...["handshake", "round-trip-64B", "one-way", "one-way-1350B", "start-to-joined"],
    ...["round-trip-64B-call", "round-trip-64B-ask"],
  ],
  async run(bench: Bench): Promise<void> {
    await bench.system("macula", () => MaculaEndpoint.open(), async (macula) => {
      await bench.case(
        {
          ...{ name: "handshake", system: "macula", unit: "µs" },
          note: "both certificates judged, and the far side's verdict here",
        },
        () => connects(macula, bench.amount(500)),
      );
      await bench.case(
        { name: "round-trip-64B", system: "macula", unit: "µs", goal: ROUND_TRIP_GOAL },
        async () => {
          await using link = await macula.connect();
          return await roundTrips((bytes) => link.echo(bytes), bench.amount(5_000), SMALL_BYTES);
        },
      );
      const bytes = patternBytes(bench.amount(BULK_BYTES));
      await bench.case(
        {
          ...{ name: "one-way", system: "macula", unit: "MB/s", goal: ONE_WAY_GOAL },
          note: "datagrams up to 16,384 bytes, as sent to loopback",
        },
        () => oneWay(macula, bytes),
      );
    });
    await bench.system("macula", () => MaculaEndpoint.open(PATH_DATAGRAM_BYTES), async (macula) => {
      const bytes = patternBytes(bench.amount(SMALL_DATAGRAM_BULK_BYTES));
      await bench.case(
        {
          ...{ name: "one-way-1350B", system: "macula", unit: "MB/s", goal: ONE_WAY_GOAL },
          note: "datagrams up to 1,350 bytes, as sent to other hosts",
        },
        () => oneWay(macula, bytes),
      );
    });
    await bench.system("deno-quic", () => DenoQuic.open(), async (quic) => {
      const peer = { system: "deno-quic", note: NO_CLIENT_CERTIFICATE } as const;
      await bench.case(
        { ...peer, name: "handshake", unit: "µs" },
        () => connects(quic, bench.amount(500)),
      );
      await bench.case({ ...peer, name: "round-trip-64B", unit: "µs" }, async () => {
        await using link = await quic.connect();
        return await roundTrips((bytes) => link.echo(bytes), bench.amount(5_000), SMALL_BYTES);
      });
      const bytes = patternBytes(bench.amount(BULK_BYTES));
      await bench.case(
        { ...peer, name: "one-way-1350B", unit: "MB/s", note: "datagrams up to 1,452 bytes" },
        () => oneWay(quic, bytes),
      );
    });
    await bench.system("macula", () => MaculaNodes.open(), async (nodes) => {
      await bench.case(
        {
          ...{ name: "start-to-joined", system: "macula", unit: "µs" },
          note: "a new identity, a shard, a socket, the handshake, and what either side has",
        },
        () => starts(nodes, bench.amount(50)),
      );
      await bench.case(
        {
          ...{ name: "round-trip-64B-call", system: "macula", unit: "µs" },
          note: "node.call of a procedure that the far node serves in its main isolate",
        },
        () => roundTrips((bytes) => nodes.callEcho(bytes), bench.amount(5_000), SMALL_BYTES),
      );
      const ask = nodes.askEcho();
      await bench.case(
        {
          ...{ name: "round-trip-64B-ask", system: "macula", unit: "µs" },
          note: "ask of an exposed actor that lives in a shard of the far node",
        },
        () => roundTrips(ask, bench.amount(5_000), SMALL_BYTES),
      );
    });
  },
};

/** Nodes that start and join, one after the other; their stop is not timed. */
async function starts(nodes: MaculaNodes, count: number): Promise<{ latencies: Float64Array }> {
  const latencies = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    await using _node = await nodes.startAndJoin();
    latencies[i] = (performance.now() - began) * 1_000;
  }
  return { latencies };
}
