import assert from "node:assert/strict";
import { MAX_ADDRESSES, MAX_UNREACHED, UNREACHED_MS } from "./constants.ts";
import { Unreached } from "./unreached.ts";

const at = (port: number) => ({ host: "127.0.0.1", port });
const ada = { peer: "ada", addresses: [at(1), at(2)] };

Deno.test("Unreached.part() leaves out what failed within a minute, and nothing after", () => {
  const unreached = new Unreached();
  assert.deepEqual(unreached.part(ada, 0), { untried: ada.addresses, ago: Infinity });
  unreached.add("ada", at(1), 1_000);
  assert.deepEqual(unreached.part(ada, 4_000), { untried: [at(2)], ago: 3_000 });
  unreached.add("ada", at(2), 2_000);
  assert.deepEqual(unreached.part(ada, 4_000), { untried: [], ago: 2_000 });
  assert.deepEqual(unreached.part(ada, 1_000 + UNREACHED_MS).untried, [at(1)]);
});

Deno.test("Unreached.up() forgets a node's failures, and those of no other", () => {
  const unreached = new Unreached();
  for (const peer of ["ada", "bob"]) unreached.add(peer, at(1), 0);
  unreached.up("ada");
  assert.deepEqual(unreached.part(ada, 1).untried, ada.addresses);
  assert.deepEqual(unreached.part({ ...ada, peer: "bob" }, 1).untried, [at(2)]);
});

Deno.test("Unreached remembers so many nodes, and so many addresses of each", () => {
  const unreached = new Unreached();
  for (let port = 1; port <= MAX_ADDRESSES + 1; port++) unreached.add("ada", at(port), port);
  assert.deepEqual(unreached.part(ada, 10).untried, [at(1)]);
  for (let i = 0; i < MAX_UNREACHED; i++) unreached.add(`node ${i}`, at(1), 10);
  assert.equal(unreached.size, MAX_UNREACHED);
  assert.deepEqual(unreached.part(ada, 10).untried, ada.addresses);
});
