import { type ActorDefinition, defineActor, type Ref } from "../actors/mod.ts";
import { concat, type Writer } from "../transport/mod.ts";
import { OUTLET_CHUNK_BYTES, OUTLET_GATHER_MS } from "./constants.ts";
import type { Outlet, Session } from "./mesh_protocol.ts";

/**
 * This node's publications to one peer: gathers frames while more wait, and writes them in chunks.
 */
const outlet: ActorDefinition<[Ref<Writer>], Outlet> = defineActor(
  import.meta,
  (ctx, writer: Ref<Writer>) => {
    let gathered: Uint8Array[] = [];
    let bytes = 0;
    let sent = 0;
    let armed = false;
    let session: Ref<Session> | undefined;

    const write = async (): Promise<void> => {
      if (bytes === 0) return;
      const chunk = concat(gathered, bytes);
      gathered = [];
      bytes = 0;
      session?.tell.written(sent);
      try {
        await writer.send.write(chunk);
      } catch {
        // The connection has ended; what was in the chunk is never acknowledged, and so is counted.
      }
    };

    return {
      async publication(frame: Uint8Array): Promise<void> {
        gathered.push(frame);
        bytes += frame.byteLength;
        sent++;
        if (ctx.queued === 0 || bytes >= OUTLET_CHUNK_BYTES) await write();
        else if (!armed) {
          // What is queued may turn out to be no publication, and then nobody else would write.
          armed = true;
          ctx.after(OUTLET_GATHER_MS, "idle");
        }
      },
      async idle(): Promise<void> {
        armed = false;
        await write();
      },
      async flushed(): Promise<number> {
        await write();
        return sent;
      },
      attach(to: Ref<Session>): void {
        session = to;
      },
    };
  },
);
export default outlet;
