/**
 * The far side of `macula_endpoint.ts`: accepts, echoes and counts. Its argument is the size of the
 * largest datagram that it sends, in bytes.
 *
 * @module
 */
import type { QuicConnection } from "../../transport/quic_connection.ts";
import { orders, say } from "../far_side.ts";
import { digestOf } from "../workload.ts";
import { judge, openEndpoint } from "./macula_endpoint.ts";
import { COUNT, encodeCount } from "./streams.ts";

/** What the last counted stream brought; hashed when asked, so that hashing costs no run any time. */
let chunks: Uint8Array[] = [];

function accept(connection: QuicConnection): void {
  const kinds = new Map<number, number>();
  let count = 0;

  const take = (stream: number, bytes: Uint8Array, fin: boolean): void => {
    let payload = bytes;
    let kind = kinds.get(stream);
    if (kind === undefined) {
      [kind = 0] = bytes;
      kinds.set(stream, kind);
      payload = bytes.subarray(1);
      if (kind === COUNT) chunks = [];
    }
    if (kind === COUNT) {
      chunks.push(payload);
      count += payload.length;
      if (fin) connection.write(stream, encodeCount(count), true);
    } else if (payload.length > 0) {
      connection.write(stream, payload);
    }
  };

  connection.listener = {
    readable: () => {
      for (const stream of connection.readableStreams()) {
        for (let read; (read = connection.read(stream)) !== undefined;) {
          take(stream, read.bytes, read.fin);
          if (read.fin) break;
        }
      }
    },
  };
  judge(connection);
  connection.write(connection.openUni(), Uint8Array.of(1), true); // the dialler is admitted
}

const [size] = Deno.args;
await using endpoint = openEndpoint(accept, size === undefined ? undefined : Number(size));
say(endpoint.address);
for await (const _digest of orders<"digest">()) say({ digest: digestOf(chunks) });
