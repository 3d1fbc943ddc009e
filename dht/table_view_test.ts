import assert from "node:assert/strict";
import fc from "fast-check";
import type { Contact } from "./contact.ts";
import { compareDistance, keyBytes, keyText } from "./key.ts";
import { TableView } from "./table_view.ts";

const points = fc.uint8Array({ minLength: 32, maxLength: 32 });
const self = new Uint8Array(32);
const contact = (id: number, host: string): Contact => ({
  peer: keyText(new Uint8Array(32).fill(id)),
  addresses: [{ host, port: 4433 }],
});

Deno.test("TableView.closest() gives the contacts closest to a point, closest first", () => {
  fc.assert(
    fc.property(fc.uniqueArray(points.map(keyText), { maxLength: 60 }), points, (ids, t) => {
      const view = new TableView(self);
      for (const peer of ids) view.set({ peer, addresses: [] });
      const sorted = [...ids].sort((a, b) => compareDistance(t, keyBytes(a), keyBytes(b)));
      assert.deepEqual(view.closest(t, 20).map(({ peer }) => peer), sorted.slice(0, 20));
    }),
  );
});

Deno.test("TableView.hasRoomFor() counts a public network over all buckets", () => {
  const view = new TableView(self);
  const far = [0x80, 0x40, 0x20].map((id, i) => contact(id, `203.0.1.${i}`));
  for (const one of far) {
    assert(view.hasRoomFor(one));
    view.set(one);
  }
  assert(!view.hasRoomFor(contact(0x10, "203.0.9.9")));
  assert(view.hasRoomFor(far[0] as Contact), "one that is in is not counted against itself");
  assert(view.hasRoomFor(contact(0x10, "203.1.9.9")));
  view.delete((far[0] as Contact).peer);
  assert(view.hasRoomFor(contact(0x10, "203.0.9.9")));
});

Deno.test("TableView.bucketOf() is the prefix that a node shares with this one", () => {
  const view = new TableView(self);
  assert.equal(view.bucketOf(contact(0x80, "").peer), 0);
  assert.equal(view.bucketOf(contact(0x01, "").peer), 7);
});
