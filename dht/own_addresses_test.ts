import assert from "node:assert/strict";
import { MAX_WITNESSES } from "./constants.ts";
import { OwnAddresses } from "./own_addresses.ts";

const at = (host: string) => ({ host, port: 4433 });

Deno.test("OwnAddresses announces what was confirmed, what more confirm first", () => {
  const own = new OwnAddresses();
  assert(own.confirm("liar", at("203.0.113.66")));
  assert(own.confirm("ada", at("203.0.113.1")));
  assert(own.confirm("bob", at("203.0.113.1")));
  assert.deepEqual(own.announced, ["203.0.113.1:4433", "203.0.113.66:4433"]);
  assert(!own.confirm("bob", at("203.0.113.1")), "nothing new");
});

Deno.test("OwnAddresses gives each witness one voice", () => {
  const own = new OwnAddresses();
  for (let i = 0; i < 9; i++) own.confirm("liar", at(`203.0.113.${i}`));
  assert.deepEqual(own.announced, ["203.0.113.8:4433"]);
});

Deno.test("OwnAddresses never announces a wildcard, nor more than four", () => {
  const own = new OwnAddresses();
  for (const host of ["0.0.0.0", "::", "224.0.0.1"]) assert(!own.confirm("ada", at(host)));
  for (let i = 0; i < 2 * MAX_WITNESSES; i++) own.confirm(`n${i}`, at(`10.0.${i >> 8}.${i & 255}`));
  assert.equal(own.announced.length, 4);
});

Deno.test("OwnAddresses leaves out what has less than half of the voices of the first", () => {
  const own = new OwnAddresses();
  own.confirm("liar", at("203.0.113.66"));
  for (const witness of ["ada", "bob", "cyd"]) own.confirm(witness, at("203.0.113.1"));
  assert.deepEqual(own.announced, ["203.0.113.1:4433"]);
});

Deno.test("OwnAddresses forgets the voice of a witness that has gone, but for the last", () => {
  const own = new OwnAddresses();
  own.confirm("liar", at("203.0.113.66"));
  own.confirm("ada", at("203.0.113.1"));
  own.forget("liar");
  assert.deepEqual(own.announced, ["203.0.113.1:4433"]);
  own.forget("ada");
  assert.deepEqual(own.announced, ["203.0.113.1:4433"]);
});
