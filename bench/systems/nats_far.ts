/**
 * The far side of `nats.ts`: adds, and counts what it subscribes to. Its argument is the server's
 * URL.
 *
 * @module
 */
import { orders, say, sayFailed } from "../far_side.ts";
import { PublicationCheck } from "../workload.ts";
import { connect, SUBJECTS } from "./nats.ts";

const [url = ""] = Deno.args;
const client = await connect(url);

let check: PublicationCheck | undefined;

client.subscribe(SUBJECTS.publications, {
  callback: (error, message) => {
    try {
      if (error) throw error;
      if (check?.take(message.data)) say({ arrived: true });
    } catch (fault) {
      check = undefined; // one fault is enough
      sayFailed(fault);
    }
  },
});
client.subscribe(SUBJECTS.sum, {
  callback: (error, message) => {
    if (error) return sayFailed(error);
    const { data } = message;
    const view = new DataView(data.buffer, data.byteOffset);
    const sum = new Uint8Array(8);
    new DataView(sum.buffer).setFloat64(0, view.getFloat64(0) + view.getFloat64(8));
    message.respond(sum);
  },
});
await client.flush();
say({ ready: true });
for await (const { expect } of orders<{ expect: number }>()) {
  check = new PublicationCheck(expect);
  say({ expects: expect });
}
await client.close();
