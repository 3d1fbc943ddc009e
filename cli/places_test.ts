import assert from "node:assert/strict";
import { createIdentity } from "../security/mod.ts";
import { formatNodeAddress } from "../transport/mod.ts";
import { Failure } from "./failure.ts";
import {
  checkReach,
  dialableAddresses,
  type InterfaceAddress,
  listenToDial,
  placeOf,
  readDialAddress,
} from "./places.ts";

const { nodeId } = createIdentity();
const at = (host: string) => ({ nodeId, host, port: 4433 });

const INTERFACES: readonly InterfaceAddress[] = [
  { family: "IPv4", address: "127.0.0.1" },
  { family: "IPv6", address: "::1" },
  { family: "IPv4", address: "192.0.2.7" },
  { family: "IPv6", address: "2001:db8::7" },
  { family: "IPv6", address: "fe80::1" },
];

function hosts(host: string): string[] {
  return dialableAddresses(formatNodeAddress(at(host)), INTERFACES)
    .map((address) => readDialAddress(address).host);
}

Deno.test("dialableAddresses() names no wildcard, and what others can dial first", () => {
  assert.deepEqual(hosts("127.0.0.1"), ["127.0.0.1"]);
  assert.deepEqual(hosts("0.0.0.0"), ["192.0.2.7", "127.0.0.1"]);
  assert.deepEqual(hosts("::"), ["192.0.2.7", "2001:db8::7", "127.0.0.1", "::1"]);
});

Deno.test("readDialAddress() refuses a wildcard, which nobody can dial", () => {
  for (const host of ["0.0.0.0", "::"]) {
    assert.throws(
      () => readDialAddress(formatNodeAddress(at(host))),
      (error) => error instanceof Failure && error.exit === 2 && error.message.includes(host),
    );
  }
});

Deno.test("listenToDial() listens where the sockets of the targets can be reached from", () => {
  assert.equal(listenToDial([]), "127.0.0.1:0");
  assert.equal(listenToDial([at("127.0.0.1"), at("localhost")]), "127.0.0.1:0");
  assert.equal(listenToDial([at("::1")]), "[::1]:0");
  assert.equal(listenToDial([at("127.0.0.1"), at("192.0.2.7")]), "0.0.0.0:0");
  assert.equal(listenToDial([at("example.org")]), "0.0.0.0:0");
  assert.equal(listenToDial([at("2001:db8::7")]), "[::]:0");
});

Deno.test("checkReach() refuses to dial the network from loopback", () => {
  assert.throws(
    () => checkReach("127.0.0.1", [at("127.0.0.1"), at("192.0.2.7")]),
    (error) => error instanceof Failure && error.message.includes("192.0.2.7:4433"),
  );
  checkReach("127.0.0.1", [at("::1")]);
  checkReach("0.0.0.0", [at("192.0.2.7")]);
});

Deno.test("placeOf() puts IPv6 in brackets", () => {
  assert.equal(placeOf(at("::1")), "[::1]:4433");
  assert.equal(placeOf(at("192.0.2.7")), "192.0.2.7:4433");
});
