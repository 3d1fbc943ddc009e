import assert from "node:assert/strict";
import { ActorSystem, defineActor, type Ref } from "../actors/mod.ts";
import { settle } from "../actors/testing.ts";
import type { MeshBus, PublishedTopic, Realm, Topic } from "./mesh_protocol.ts";
import publisherActor from "./publisher_actor.ts";

/** A publisher whose realm has two topics: `lob/gated`, which waits, and `lob/free`. */
async function publisher(system: ActorSystem) {
  const got: string[] = [];
  const open = Promise.withResolvers<void>();
  const topicOf = (name: string, gate: Promise<void> | undefined) =>
    system.spawn(
      defineActor(import.meta, (ctx): Pick<Topic, "publish"> => ({
        publish(payload: Uint8Array): Promise<void> {
          const reply = ctx.deferReply();
          const take = () => {
            got.push(`${name} ${payload[0]}`);
            reply.ok();
          };
          if (gate) gate.then(take);
          else take();
          return Promise.resolve();
        },
      })),
      { placement: "here" },
    );
  const topics = new Map([
    ["lob/gated", { topic: await topicOf("gated", open.promise) as Ref<Topic>, gated: true }],
    ["lob/free", { topic: await topicOf("free", undefined) as Ref<Topic>, gated: false }],
  ]);
  const realm = await system.spawn(
    defineActor(
      import.meta,
      () => ({ topic: (name: string) => topics.get(name) as PublishedTopic }),
    ),
    { placement: "here" },
  );
  const bus = await system.spawn(
    defineActor(import.meta, () => ({ realm: () => realm as unknown as Ref<Realm> })),
    { placement: "here" },
  );
  const ref = await system.spawn(publisherActor, {
    placement: "here",
    args: [bus as unknown as Ref<MeshBus>],
  });
  return { ref, got, open: open.resolve };
}

Deno.test("A topic whose subscribers are being met holds up its own publications alone", async () => {
  await using system = await ActorSystem.start({ userShards: 0 });
  const { ref, got, open } = await publisher(system);
  ref.tell.publish("lob/gated", Uint8Array.of(1));
  ref.tell.publish("lob/gated", Uint8Array.of(2));
  ref.tell.publish("lob/free", Uint8Array.of(3));
  while (got.length === 0) await settle();
  assert.deepEqual(got, ["free 3"]);
  open();
  await ref.ask.flush();
  assert.deepEqual(got, ["free 3", "gated 1", "gated 2"]);
});

Deno.test("A publisher's flush waits for what topics hold back", async () => {
  await using system = await ActorSystem.start({ userShards: 0 });
  const { ref, got, open } = await publisher(system);
  ref.tell.publish("lob/gated", Uint8Array.of(1));
  let flushed = false;
  const flush = ref.ask.flush().then(() => flushed = true);
  await settle();
  assert.equal(flushed, false);
  open();
  await flush;
  assert.deepEqual(got, ["gated 1"]);
});
