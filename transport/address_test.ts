import assert from "node:assert/strict";
import fc from "fast-check";
import {
  formatActorAddress,
  formatNodeAddress,
  isLoopback,
  parseActorAddress,
  parseListen,
  parseNodeAddress,
} from "./address.ts";
import { type NodeId, nodeIdFromBytes } from "../security/mod.ts";

const ID = nodeIdFromBytes(new Uint8Array(32).fill(7));

const nodeIds: fc.Arbitrary<NodeId> = fc.uint8Array({ minLength: 32, maxLength: 32 })
  .map(nodeIdFromBytes);
const hosts = fc.oneof(
  fc.ipV4(),
  fc.ipV6().map((text) => URL.parse(`http://[${text}]`)!.hostname.slice(1, -1)),
  fc.domain().map((name) => name.toLowerCase()),
  fc.constantFrom("localhost", "my_host", "a"),
);
const segments = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1 }),
  fc.string({ unit: "binary", minLength: 1 }),
  fc.constantFrom("thermostat", "a b", "%", "a@b", "...", "***", "grüße", "?", "#"),
).filter((text) =>
  !/\p{Cc}|\//u.test(text) && text.isWellFormed() && ![".", "..", "*", "**"].includes(text)
);

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof SyntaxError, String(error));
    return error.message;
  }
  return assert.fail("it was accepted");
}

Deno.test("parseNodeAddress() reads IPv4, IPv6 and names into canonical parts", () => {
  const cases: [string, string, number][] = [
    ["10.0.0.5:4433", "10.0.0.5", 4433],
    ["[2001:DB8:0:0::1]:65535", "2001:db8::1", 65535],
    ["[::ffff:127.0.0.1]:1", "::ffff:7f00:1", 1],
    ["Node-1.Example.org:443", "node-1.example.org", 443],
  ];
  for (const [where, host, port] of cases) {
    assert.deepEqual(parseNodeAddress(`macula://${ID}@${where}`), { nodeId: ID, host, port });
  }
});

Deno.test("parseNodeAddress() reads back what formatNodeAddress() writes", () => {
  fc.assert(
    fc.property(nodeIds, hosts, fc.integer({ min: 1, max: 65535 }), (nodeId, host, port) => {
      const address = { nodeId, host, port };
      assert.deepEqual(parseNodeAddress(formatNodeAddress(address)), address);
    }),
  );
});

Deno.test("parseNodeAddress() says which part is wrong and shows the right form", () => {
  const cases: [string, RegExp][] = [
    [`http://${ID}@h:1`, /does not begin with macula:\/\//],
    [`MACULA://${ID}@h:1`, /does not begin with macula:\/\//],
    [`macula://@h:1`, /node id is missing/],
    [`macula://${ID}`, /no @/],
    [`macula://${ID}/home/thermostat`, /names an actor/],
    [`macula://${ID.slice(0, -1)}@h:1`, /52 characters instead of 53/],
    [`macula://${ID.toUpperCase()}@h:1`, /must begin with "b"/],
    [`macula://${ID}@`, /host is missing/],
    [`macula://${ID}@:4433`, /host is missing/],
    [`macula://${ID}@h`, /port is missing/],
    [`macula://${ID}@h:`, /port is missing/],
    [`macula://${ID}@h:0`, /port 0 cannot be dialled/],
    [`macula://${ID}@h:65536`, /port "65536"/],
    [`macula://${ID}@h:04433`, /port "04433"/],
    [`macula://${ID}@h:+1`, /port "\+1"/],
    [`macula://${ID}@h:1/`, /nothing may follow the port/],
    [`macula://${ID}@a@h:1`, /nothing may follow/],
    [`macula://${ID}@h:1?x`, /nothing may follow/],
    [`macula://${ID}@::1:4433`, /in brackets/],
    [`macula://${ID}@[::1:4433`, /in brackets/],
    [`macula://${ID}@[::1]4433`, /port is missing/],
    [`macula://${ID}@[1.2.3.4]:1`, /no IPv6 address/],
    [`macula://${ID}@[:::]:1`, /no IPv6 address/],
    [`macula://${ID}@[fe80::1%eth0]:1`, /zone/],
    [`macula://${ID}@10.0.0.256:1`, /neither an IPv4 address nor a DNS name/],
    [`macula://${ID}@010.0.0.1:1`, /neither an IPv4 address nor a DNS name/],
    [`macula://${ID}@10.1:1`, /neither an IPv4 address nor a DNS name/],
    [`macula://${ID}@-a:1`, /neither an IPv4 address nor a DNS name/],
    [`macula://${ID}@a..b:1`, /neither an IPv4 address nor a DNS name/],
    [`macula://${ID}@${"a".repeat(64)}:1`, /neither an IPv4 address nor a DNS name/],
    [`macula://${ID}@ h:1`, /neither an IPv4 address nor a DNS name/],
    [`macula://${ID}@h:1\n`, /port "1\\n"/],
  ];
  for (const [text, why] of cases) {
    const message = refusal(() => parseNodeAddress(text));
    assert.match(message, why, text);
    assert.ok(message.endsWith("Write macula://<node id>@<host>:<port>"), message);
  }
});

Deno.test("parsing any text gives an address or a SyntaxError, nothing else", () => {
  const texts = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }).map((text) => `macula://${ID}@${text}`),
    fc.string({ unit: "binary" }).map((text) => `macula://${ID}/${text}`),
    fc.string({ unit: fc.constantFrom(..."%0F2/aé\ud800@:[]*. ") })
      .map((text) => `macula://${ID}/${text}`),
    fc.string({ unit: fc.constantFrom(..."[]:.0f%9") }).map((text) => `macula://${ID}@${text}:1`),
  );
  fc.assert(
    fc.property(texts, (text) => {
      for (const parse of [parseNodeAddress, parseActorAddress, parseListen]) {
        try {
          parse(text);
        } catch (error) {
          assert.ok(error instanceof SyntaxError, String(error));
        }
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("formatNodeAddress() refuses hosts and ports that could not be read back", () => {
  for (const port of [0, -1, 1.5, 65536, NaN]) {
    assert.throws(() => formatNodeAddress({ nodeId: ID, host: "h", port }), RangeError);
  }
  for (const host of ["", "[::1]", "a b", "h:1", "10.0.0.256", "h@x"]) {
    assert.throws(() => formatNodeAddress({ nodeId: ID, host, port: 1 }), RangeError);
  }
});

Deno.test("parseActorAddress() reads realm and name, decoded", () => {
  assert.deepEqual(parseActorAddress(`macula://${ID}/home/thermostat`), {
    nodeId: ID,
    realm: "home",
    name: "thermostat",
  });
  assert.deepEqual(parseActorAddress(`macula://${ID}/lob/orders/gr%C3%BC%C3%9Fe%20%25`), {
    nodeId: ID,
    realm: "lob",
    name: "orders/grüße %",
  });
});

Deno.test("parseActorAddress() reads back what formatActorAddress() writes", () => {
  fc.assert(
    fc.property(
      nodeIds,
      segments,
      fc.array(segments, { minLength: 1, maxLength: 4 }),
      (nodeId, realm, name) => {
        const address = { nodeId, realm, name: name.join("/") };
        const text = formatActorAddress(address);
        assert.match(text, /^[\x21-\x7e]+$/);
        assert.deepEqual(parseActorAddress(text), address);
      },
    ),
  );
});

Deno.test("parseActorAddress() says which part is wrong and shows the right form", () => {
  const cases: [string, RegExp][] = [
    [`macula://${ID}`, /realm and the name of the actor are missing/],
    [`macula://${ID}/home`, /name of the actor is missing/],
    [`macula://${ID}/home/`, /a segment is empty/],
    [`macula://${ID}//thermostat`, /a segment is empty/],
    [`macula://${ID}@10.0.0.5:4433/home/x`, /a host has no place here/],
    [`macula:///home/x`, /node id is missing/],
    [`macula://${ID}x/home/x`, /54 characters instead of 53/],
    [`macula://${ID}/home/*`, /no wildcards/],
    [`macula://${ID}/home/%2A%2a`, /no wildcards/],
    [`macula://${ID}/home/a%2Fb`, /a \/ cannot stand within a segment/],
    [`macula://${ID}/home/..`, /a segment is "\.\."/],
    [`macula://${ID}/home/%0A`, /control character/],
    [`macula://${ID}/home/%FF`, /percent-encoded UTF-8/],
    [`macula://${ID}/home/100%`, /percent-encoded UTF-8/],
    [`macula://${ID}/home/a b`, /must be written as %20/],
    [`macula://${ID}/home/a?b`, /must be written as %3F/],
  ];
  for (const [text, why] of cases) {
    const message = refusal(() => parseActorAddress(text));
    assert.match(message, why, text);
    assert.ok(message.endsWith("Write macula://<node id>/<realm>/<name>"), message);
  }
});

Deno.test("formatActorAddress() refuses names that could not be read back", () => {
  const bad: [string, string][] = [
    ["", "x"],
    ["a/b", "x"],
    ["home", ""],
    ["home", "a//b"],
    ["home", "**"],
    ["home", "."],
    ["home", "a\u0000"],
    ["home", "\ud800"],
  ];
  for (const [realm, name] of bad) {
    assert.throws(() => formatActorAddress({ nodeId: ID, realm, name }), RangeError);
  }
});

Deno.test("parseListen() reads hosts with ports, 0 included", () => {
  assert.deepEqual(parseListen("0.0.0.0:4433"), { host: "0.0.0.0", port: 4433 });
  assert.deepEqual(parseListen("[::1]:0"), { host: "::1", port: 0 });
  assert.deepEqual(parseListen("[::]:4433"), { host: "::", port: 4433 });
  assert.deepEqual(parseListen("localhost:1"), { host: "localhost", port: 1 });
});

Deno.test("parseListen() hints at what was probably meant", () => {
  const cases: [string, RegExp][] = [
    [":4433", /host is missing; 0\.0\.0\.0 means every IPv4 address/],
    ["4433", /host is missing; 0\.0\.0\.0 means/],
    ["", /host is missing/],
    ["::1:4433", /stands in brackets/],
    ["0.0.0.0", /port is missing/],
    ["[::1]", /port is missing/],
    [`macula://${ID}@h:1`, /not at an address/],
  ];
  for (const [text, why] of cases) {
    const message = refusal(() => parseListen(text));
    assert.match(message, why, text);
    assert.ok(message.includes("such as 0.0.0.0:4433"), message);
  }
});

Deno.test("isLoopback() knows this machine in every form, and nothing else", () => {
  const loopback = [
    "127.0.0.1",
    "127.255.0.3",
    "::1",
    "0:0:0:0:0:0:0:1",
    "localhost",
    "LocalHost",
    "::ffff:127.0.0.1",
    "::FFFF:7f01:2",
  ];
  for (const host of loopback) assert.equal(isLoopback(host), true, host);
  const elsewhere = [
    "",
    "0.0.0.0",
    "::",
    "128.0.0.1",
    "10.127.0.1",
    "127.0.0",
    "127.0.0.1.example.org",
    "localhost.example.org",
    "::2",
    "::ffff:128.0.0.1",
    "::127.0.0.1",
    "7f00::1",
    "[::1]",
  ];
  for (const host of elsewhere) assert.equal(isLoopback(host), false, host);
});
