import assert from "node:assert/strict";
import { isNoPlace, isPlace, mayDial } from "./dialling_rules.ts";

const at = (host: string, port = 4433) => ({ host, port });

Deno.test("mayDial() lets loopback be told of on loopback only", () => {
  for (const host of ["127.0.0.1", "127.9.9.9", "::1"]) {
    assert(mayDial("127.0.0.1", at(host), false), host);
    assert(mayDial("::1", at(host), false), host);
    assert(!mayDial("10.0.0.9", at(host), true), host);
    assert(!mayDial("2001:db8::1", at(host), true), host);
  }
});

Deno.test("mayDial() leaves this machine only if the node is open", () => {
  for (const host of ["10.0.0.1", "203.0.113.7", "2001:db8::1", "169.254.1.1"]) {
    assert(mayDial("203.0.113.9", at(host), true), host);
    assert(!mayDial("203.0.113.9", at(host), false), host);
    assert(!mayDial("127.0.0.1", at(host), false), host);
  }
});

Deno.test("mayDial() refuses names, ports that are none, and addresses where nobody is", () => {
  const wrong = ["localhost", "victim.example", "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.1.1.1"];
  const more = ["255.255.255.255", "::", "ff02::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "", "x"];
  for (const host of [...wrong, ...more]) assert(!mayDial("127.0.0.1", at(host), true), host);
  for (const port of [0, -1, 65_536, 1.5, NaN]) {
    assert(!mayDial("127.0.0.1", at("127.0.0.1", port), true), String(port));
  }
});

Deno.test("isNoPlace() knows the addresses of no single node", () => {
  assert(isNoPlace("0.0.0.0"));
  assert(isNoPlace("FF02::1"));
  assert(!isNoPlace("10.0.0.1"));
  assert(!isNoPlace("fe80::1"));
});

Deno.test("isPlace() takes a literal address of one node, and a port that can be dialled", () => {
  for (const host of ["127.0.0.1", "10.0.0.1", "203.0.113.7", "::1", "2001:db8::1"]) {
    assert(isPlace(at(host)), host);
  }
  for (const host of ["localhost", "\u001b[31m", "\ud800", "1.2.3.4 ", "[::1]", "0.0.0.0", ""]) {
    assert(!isPlace(at(host)), JSON.stringify(host));
  }
  for (const port of [0, -1, 65_536, 123_456_789, 2 ** 60, 1.5, NaN]) {
    assert(!isPlace(at("127.0.0.1", port)), String(port));
  }
});
