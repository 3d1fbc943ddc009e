import assert from "node:assert/strict";
import { isAbsolute, join } from "node:path";
import { nodeIdFromBytes } from "../security/mod.ts";
import { ConfigError, parseConfig, readConfig } from "./config.ts";

const id = nodeIdFromBytes(new Uint8Array(32).fill(3));

function problem(source: string): string {
  try {
    parseConfig(source, "macula.yaml");
  } catch (error) {
    assert(error instanceof ConfigError, String(error));
    return error.message;
  }
  assert.fail(`accepted: ${source}`);
}

Deno.test("parseConfig() reads every setting, paths relative to the file's folder", () => {
  const config = parseConfig(
    `listen: 127.0.0.1:4433
bootstrap: ["macula://${id}@10.0.0.5:4433"]
data: ./data
network: test-net
allow: [${id}]
open: true
max-frame: 65536
shards: 2
policies: policies.yaml
realms: [lob, iot]
application: com.example.billing
`,
    "/etc/macula/macula.yaml",
  );
  assert.deepEqual(config, {
    listen: "127.0.0.1:4433",
    bootstrap: [`macula://${id}@10.0.0.5:4433`],
    data: join("/etc/macula", "data"),
    network: "test-net",
    allow: [id],
    open: true,
    maxFrameBytes: 65_536,
    shards: 2,
    policies: join("/etc/macula", "policies.yaml"),
    realms: ["lob", "iot"],
    application: "com.example.billing",
  });
  assert.deepEqual(parseConfig("", "x.yaml"), {});
  assert(isAbsolute(parseConfig("data: /var/macula", "x.yaml").data as string));
});

Deno.test("parseConfig() says file, line and column of what is wrong, and what would be right", () => {
  const cases: readonly (readonly [source: string, error: RegExp])[] = [
    ["listen: 127.0.0.1:1\nport: 4433\n", /^macula\.yaml:2:1: "port" is no setting.*listen/],
    ["listen: 4433\n", /^macula\.yaml:1:9: listen: 4433 is not text/],
    ["listen: localhost\n", /^macula\.yaml:1:9: listen: /],
    ["bootstrap: macula://x\n", /^macula\.yaml:1:12: bootstrap: expected a list/],
    ["bootstrap: [nonsense]\n", /^macula\.yaml:1:12: bootstrap: /],
    ["allow:\n  - bxyz\n", /^macula\.yaml:2:3: allow: /],
    ["open: perhaps\n", /^macula\.yaml:1:7: open: "perhaps" is not true or false/],
    ["network: Big Net\n", /^macula\.yaml:1:10: network: "Big Net" is no network name/],
    ["max-frame: 12\n", /^macula\.yaml:1:12: max-frame: 12 is not a whole number from 4096/],
    ["shards: -1\n", /^macula\.yaml:1:9: shards: /],
    ["data: [a]\n", /^macula\.yaml:1:7: data: /],
    ["data: a\ndata: b\n", /^macula\.yaml:2:1: .*unique/],
    ["data: *alias\n", /^macula\.yaml:1:7: /],
    ["- a\n- b\n", /^macula\.yaml:1:1: expected "key: value" lines/],
    ["listen: {a: 1}\n", /^macula\.yaml:1:9: listen: expected a value/],
    ["policies: [a.yaml]\n", /^macula\.yaml:1:11: policies: \["a\.yaml"\] is not text/],
    ["realms: lob\n", /^macula\.yaml:1:9: realms: expected a list/],
    ["realms: [lob, a/b]\n", /^macula\.yaml:1:9: realms: "a\/b" is no realm's alias/],
    ["application: com..x\n", /^macula\.yaml:1:14: application: "com\.\.x" is no application/],
    ["__proto__: 1\n", /^macula\.yaml:1:1: "__proto__" is no setting/],
    ["listen:\n", /^macula\.yaml:1:8: listen: null is not text/],
  ];
  for (const [source, error] of cases) assert.match(problem(source), error);
});

Deno.test("readConfig() names the file that it cannot read", async () => {
  const path = join(await Deno.makeTempDir(), "absent.yaml");
  await assert.rejects(readConfig(path), (error) => {
    return error instanceof ConfigError && error.message.includes(path);
  });
});
