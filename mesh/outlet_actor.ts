import { type ActorDefinition, defineActor, type Ref } from "../actors/mod.ts";
import { type PairSecrets, SealedLane } from "../security/mod.ts";
import { concat, type Writer } from "../transport/mod.ts";
import { OUTLET_CHUNK_BYTES, OUTLET_GATHER_MS, PUBLICATIONS_LANE } from "./constants.ts";
import { layers } from "./layers.ts";
import type { Outlet, Session } from "./mesh_protocol.ts";
import { sealedFrame } from "./sealed_frame.ts";

/** What an outlet is started with. */
export type OutletStart = { readonly secrets: PairSecrets; readonly maxFrameBytes: number };

/**
 * This node's publications to one peer: seals those that are to be sealed for it, gathers frames
 * while more wait, and writes them in chunks.
 */
const outlet: ActorDefinition<[OutletStart, Ref<Writer>], Outlet> = defineActor(
  import.meta,
  async (ctx, start: OutletStart, writer: Ref<Writer>) => {
    const lane = new SealedLane(await layers(), start.secrets, PUBLICATIONS_LANE);
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
    const gather = async (frame: Uint8Array): Promise<void> => {
      gathered.push(frame);
      bytes += frame.byteLength;
      sent++;
      if (ctx.queued === 0 || bytes >= OUTLET_CHUNK_BYTES) await write();
      else if (!armed) {
        // What is queued may turn out to be no publication, and then nobody else would write.
        armed = true;
        ctx.after(OUTLET_GATHER_MS, "idle");
      }
    };

    return {
      publication: gather,
      sealedPublication(
        suite: string,
        realmId: Uint8Array,
        header: Uint8Array,
        payload: Uint8Array,
      ): Promise<void> {
        const sealed = lane.seal(suite, realmId, header, payload);
        return gather(sealedFrame(header, sealed, start.maxFrameBytes));
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
