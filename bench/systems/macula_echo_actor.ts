import { defineActor } from "@macula/mesh";

/** Replies with the bytes that it is asked with; lives in a shard, as actors do by default. */
export default defineActor(import.meta, () => ({
  echo: (bytes: Uint8Array) => bytes,
}));
