import { type ActorDefinition, defineActor } from "../actors/mod.ts";
import { streamHandles } from "./handles.ts";
import type { Writer } from "./transport_protocol.ts";

/**
 * Writes a connection's publications to their stream, and no faster than the peer takes them: while
 * too much is queued its handler waits, its mailbox fills, and `send` to it waits in turn. It is an
 * actor of its own so that publications never stand in the way of calls.
 */
const writer: ActorDefinition<[connectionId: number], Writer> = defineActor(
  import.meta,
  (_ctx, connectionId: number) => {
    const stream = streamHandles.take(connectionId);
    return { write: (chunk: Uint8Array) => stream.write(chunk) };
  },
);
export default writer;
