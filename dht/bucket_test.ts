import assert from "node:assert/strict";
import fc from "fast-check";
import { Bucket } from "./bucket.ts";
import { K } from "./constants.ts";
import type { Contact } from "./contact.ts";

const node = (name: number, host = "127.0.0.1"): Contact => ({
  peer: `n${name}`,
  addresses: [{ host, port: 1_000 + name }],
});

function filled(): Bucket {
  const bucket = new Bucket();
  for (let i = 0; i < K; i++) assert.equal(bucket.seen(node(i)).outcome, "added");
  return bucket;
}

Deno.test("Bucket.seen() orders contacts by when they were last seen", () => {
  const bucket = new Bucket();
  for (const i of [1, 2, 3, 1]) bucket.seen(node(i));
  assert.deepEqual(bucket.contacts.map(({ peer }) => peer), ["n2", "n3", "n1"]);
});

Deno.test("Bucket.seen() names the least recently seen to be pinged when it is full, once", () => {
  const bucket = filled();
  assert.deepEqual(bucket.seen(node(90)), { outcome: "waits", ping: node(0) });
  assert.deepEqual(bucket.seen(node(91)), { outcome: "waits", ping: null });
  bucket.seen(node(0)); // it answered
  assert.deepEqual(bucket.seen(node(92)), { outcome: "waits", ping: node(1) });
  assert.equal(bucket.size, K);
});

Deno.test("Bucket.failed() gives the place of who did not answer to the latest that waits", () => {
  const bucket = filled();
  bucket.seen(node(90));
  bucket.seen(node(91));
  assert.deepEqual(bucket.failed("n0"), { removed: true, added: node(91) });
  assert.equal(bucket.replacements, 1);
});

Deno.test("Bucket.failed() forgives a contact whose place nobody wants, three times", () => {
  const bucket = new Bucket();
  bucket.seen(node(1));
  bucket.failed("n1");
  bucket.failed("n1");
  bucket.seen(node(1));
  for (const removed of [false, false, true]) assert.equal(bucket.failed("n1").removed, removed);
  assert.equal(bucket.size, 0);
  assert.deepEqual(bucket.failed("stranger"), { removed: false, added: null });
});

Deno.test("Bucket holds two contacts of one public network, and any number of private ones", () => {
  const bucket = new Bucket();
  assert.equal(bucket.seen(node(1, "203.0.113.1")).outcome, "added");
  assert.equal(bucket.seen(node(2, "203.0.7.7")).outcome, "added");
  assert.equal(bucket.seen(node(3, "203.0.1.1")).outcome, "crowded");
  assert.equal(bucket.seen(node(4, "203.1.1.1")).outcome, "added");
  for (let i = 5; i < 12; i++) assert.equal(bucket.seen(node(i, "10.0.0.1")).outcome, "added");
  assert.equal(bucket.seen(node(1, "203.0.113.1")).outcome, "known");
});

Deno.test("Bucket keeps a contact's old addresses when its new one is in a crowded network", () => {
  const bucket = new Bucket();
  bucket.seen(node(1, "203.0.1.1"));
  bucket.seen(node(2, "203.0.1.2"));
  bucket.seen(node(3, "198.51.1.3"));
  bucket.seen(node(3, "203.0.1.3"));
  assert.deepEqual(bucket.contacts.find(({ peer }) => peer === "n3"), node(3, "198.51.1.3"));
});

Deno.test("Bucket holds k contacts and k that wait, each once, whatever happens", () => {
  const events = fc.array(
    fc.record({ what: fc.constantFrom("seen", "failed", "remove"), who: fc.nat(80) }),
    { maxLength: 300 },
  );
  fc.assert(fc.property(events, (happened) => {
    const bucket = new Bucket();
    const present = new Set<string>();
    for (const { what, who } of happened) {
      const contact = node(who);
      if (what === "seen") {
        if (bucket.seen(contact).outcome === "added") present.add(contact.peer);
      } else {
        const { removed, added } = what === "failed"
          ? bucket.failed(contact.peer)
          : bucket.remove(contact.peer);
        if (removed) present.delete(contact.peer);
        if (added) present.add(added.peer);
      }
      assert(bucket.size <= K && bucket.replacements <= K);
      assert.deepEqual(new Set(bucket.contacts.map(({ peer }) => peer)), present);
      assert.equal(bucket.contacts.length, present.size);
    }
  }));
});
