import assert from "node:assert/strict";
import { networkOf } from "./network_of.ts";

Deno.test("networkOf() gives the /16 of IPv4 and the /32 of IPv6", () => {
  assert.equal(networkOf("203.0.113.7"), "203.0");
  assert.equal(networkOf("203.0.1.1"), "203.0");
  assert.equal(networkOf("2001:db8:1::7"), "2001:db8");
  assert.equal(networkOf("2001:DB8:9::"), "2001:db8");
  assert.equal(networkOf("2001::1"), "2001:0");
  assert.equal(networkOf("172.32.0.1"), "172.32");
});

Deno.test("networkOf() exempts loopback and private ranges", () => {
  const exempt = ["127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.9.9", "192.168.1.1"];
  const more = ["100.64.0.1", "169.254.1.1", "::1", "fd00::1", "fc12::", "fe80::1", "not an ip"];
  for (const host of [...exempt, ...more]) assert.equal(networkOf(host), null, host);
});
