import assert from "node:assert/strict";
import fc from "fast-check";
import { PatternError } from "../../names/mod.ts";
import { copyValue } from "../../values/mod.ts";
import {
  anyApplication,
  anyNameText,
  anyRules,
  type RuleLine,
  scattered,
  write,
} from "./arbitraries.ts";
import { MAX_CACHED_RESOLUTIONS } from "./constants.ts";
import { loadPolicies } from "./load_policies.ts";
import type { Policy } from "./policy.ts";
import { PolicyTable } from "./policy_table.ts";
import { type PolicyFile, readPolicies } from "./read_policies.ts";

function tableOf(text: string): PolicyTable {
  return new PolicyTable(loadPolicies([{ path: "p.yaml", text }], 1));
}

/** A table of rules that need not be of use: what they come to is not looked at. */
function tableOfAny(files: readonly PolicyFile[]): PolicyTable {
  const { snapshot } = readPolicies(files, 1, (place, problem) => assert.fail(place + problem));
  return new PolicyTable(snapshot);
}

const EXAMPLE = `defaults: { app: none, overlap: 5m }
realms:
  lob: { app: libsodium, require: [e2e] }
topics:
  lob/**: { overlap: 4m }
  "lob/*/total": { overlap: 3m }
  lob/orders/**: { overlap: 2m, require: [sender-auth] }
applications:
  com.example.billing: { app: none, require: [sender-auth], overlap: 1m }
`;

Deno.test("PolicyTable.resolve() merges field by field, the more specific level over the less", () => {
  const table = tableOf(EXAMPLE);
  const overlap = (name: string) => table.resolve(name).policy.overlapMs / 60_000;
  assert.equal(overlap("iot/a"), 5);
  assert.equal(overlap("lob/a"), 4);
  assert.equal(overlap("lob/a/total"), 3);
  assert.equal(overlap("lob/orders/total"), 2);
  assert.equal(table.resolve("iot/a").policy.app, "none");
  assert.equal(table.resolve("lob/orders/total").policy.app, "libsodium");
});

Deno.test("PolicyTable.resolve() says where each field came from and what lost to it", () => {
  const resolution = tableOf(EXAMPLE).resolve("lob/orders/total");
  const builtin = { level: "builtin", key: "builtin", at: null } as const;
  assert.deepEqual(resolution, {
    name: "lob/orders/total",
    realm: "lob",
    application: null,
    policy: {
      transport: "quic-raw-pk",
      app: "libsodium",
      keyMgmt: "dht-tofu",
      require: ["e2e", "sender-auth"],
      onStale: { graceMs: 3_600_000, then: "fail-closed" },
      overlapMs: 120_000,
    },
    fields: [
      { field: "transport", ...builtin, value: "quic-raw-pk", overridden: [] },
      {
        ...{ field: "app", level: "realm", key: "realms.lob", at: "p.yaml:3:15" },
        value: "libsodium",
        overridden: [
          { ...builtin, value: "none", why: null },
          { level: "defaults", key: "defaults", at: "p.yaml:1:18", value: "none", why: null },
        ],
      },
      { field: "key-mgmt", ...builtin, value: "dht-tofu", overridden: [] },
      {
        ...{ field: "require", level: "realm", key: "realms.lob", at: "p.yaml:3:35" },
        ...{ value: ["e2e"], overridden: [] },
      },
      {
        ...{ field: "require", level: "topic", key: "topics.lob/orders/**", at: "p.yaml:7:42" },
        ...{ value: ["sender-auth"], overridden: [] },
      },
      {
        ...{ field: "on-stale", ...builtin },
        ...{ value: { graceMs: 3_600_000, then: "fail-closed" }, overridden: [] },
      },
      {
        ...{ field: "overlap", level: "topic", key: "topics.lob/orders/**", at: "p.yaml:7:29" },
        value: 120_000,
        overridden: [
          { ...builtin, value: 60_000, why: null },
          { level: "defaults", key: "defaults", at: "p.yaml:1:33", value: 300_000, why: null },
          {
            ...{ level: "topic", key: "topics.lob/**", at: "p.yaml:5:22" },
            ...{ value: 240_000, why: null },
          },
          {
            ...{ level: "topic", key: "topics.lob/*/total", at: "p.yaml:6:29" },
            ...{ value: 180_000, why: null },
          },
        ],
      },
    ],
    snapshotVersion: 1,
    satisfied: true,
    problem: null,
  });
});

Deno.test("PolicyTable.resolve() takes from an application what adds, and says why the rest is not", () => {
  const text = `defaults: { app: libsodium, on-stale: { grace: 2h, then: use-last } }
applications:
  a.lax: { app: none, on-stale: { grace: 3h, then: use-last }, overlap: 2m }
  a.other: { on-stale: { grace: 1h, then: use-defaults } }
  a.strict: { on-stale: { grace: 1h, then: fail-closed }, overlap: 1s, require: [e2e] }
  a.equal: { transport: quic-raw-pk, app: libsodium, key-mgmt: dht-tofu }
`;
  const table = tableOf(text);
  const without = table.resolve("lob/x").policy;
  const whys = (application: string) =>
    table.resolve("lob/x", application).fields.flatMap(({ overridden }) =>
      overridden.filter(({ level }) => level === "application").map(({ why }) => why)
    );
  assert.deepEqual(table.resolve("lob/x", "a.lax").policy, without);
  assert.deepEqual(whys("a.lax"), [
    "none lacks e2e and sender-auth, which libsodium has: an application can only add",
    "{ grace: 3h, then: use-last } is laxer than { grace: 2h, then: use-last }: an application can " +
    "only add",
    "2m is longer than 1m: an application can only add",
  ]);
  assert.deepEqual(table.resolve("lob/x", "a.other").policy, without);
  assert.equal(whys("a.other").length, 1);
  assert.deepEqual(table.resolve("lob/x", "a.strict").policy, {
    ...without,
    onStale: { graceMs: 3_600_000, then: "fail-closed" },
    overlapMs: 1_000,
    require: ["e2e"],
  });
  assert.deepEqual(whys("a.strict"), []);
  const equal = table.resolve("lob/x", "a.equal");
  assert.deepEqual(equal.policy, without);
  const levels = equal.fields.map(({ level }) => level);
  assert.deepEqual(levels.slice(0, 3), ["application", "application", "application"]);
  assert.deepEqual(table.resolve("lob/x", "not.named").policy, without);
  assert.equal(table.resolve("lob/x", "not.named").application, "not.named");
});

Deno.test("PolicyTable.resolve() says what the suite lacks, and who requires it", () => {
  const text = "realms:\n  lob: { require: [e2e] }\ntopics:\n  lob/x: { app: libsodium }\n";
  const table = tableOf(text);
  assert.equal(table.resolve("lob/x").satisfied, true);
  const { satisfied, problem } = table.resolve("lob/y");
  assert.equal(satisfied, false);
  assert.equal(problem, "app none lacks e2e, required by realms.lob (p.yaml:2:19)");
});

Deno.test("PolicyTable.resolve() refuses what is no name, and remembers nothing of it", () => {
  const table = tableOf(EXAMPLE);
  for (let i = 0; i < 2; i++) {
    assert.throws(() => table.resolve("lob"), PatternError);
    assert.throws(() => table.resolve("lob/*"), PatternError);
    assert.throws(() => table.resolve("lob/x", "a b"), RangeError);
    assert.throws(() => table.resolve("lob/x", ""), RangeError);
  }
  table.resolve("lob/x", "a.b");
  assert.throws(() => table.resolve("lob/x\0a.b"), PatternError);
  assert.throws(() => table.resolve("lob/x", "\0a.b"), RangeError);
});

Deno.test("PolicyTable.resolve() gives the same frozen object again, until others push it out", () => {
  const table = tableOf(EXAMPLE);
  for (const application of [undefined, "com.example.billing"]) {
    const first = table.resolve("lob/first", application);
    assert.equal(table.resolve("lob/first", application), first);
    assert.notEqual(table.resolve("lob/first", "com.other"), first);
    for (let i = 1; i < MAX_CACHED_RESOLUTIONS - 1; i++) table.resolve(`lob/${i}`, application);
    assert.equal(table.resolve("lob/first", application), first);
    for (let i = 0; i < 3; i++) table.resolve(`lob/more${i}`, application);
    assert.notEqual(table.resolve("lob/first", application), first);
    assert.deepEqual(table.resolve("lob/first", application), first);
    const parts: unknown[] = [first];
    for (const part of parts) {
      assert(Object.isFrozen(part));
      if (typeof part === "object" && part !== null) parts.push(...Object.values(part));
    }
  }
});

Deno.test("PolicyTable.resolve() gives plain data, which crosses to other actors", () => {
  const resolution = tableOf(EXAMPLE).resolve("lob/orders/total", "com.example.billing");
  assert.deepEqual(copyValue(resolution, "resolution"), resolution);
});

/** The policy of a name, told from the lines of the rules alone. */
function model(rules: readonly RuleLine[], name: string, application?: string): Policy {
  const rank = (pattern: string) =>
    pattern.split("/").map((part) => part === "**" ? 0 : part === "*" ? 1 : 2).join("");
  const isMatch = (pattern: string) => {
    const parts = pattern.split("/");
    const given = name.split("/");
    if (parts.at(-1) === "**" ? given.length < parts.length : given.length !== parts.length) {
      return false;
    }
    return parts.every((part, i) => part.startsWith("*") || part === given[i]);
  };
  const topics = rules.filter((rule) => rule.level === "topics" && isMatch(rule.name))
    .sort((a, b) => rank(a.name) < rank(b.name) ? -1 : 1);
  const lines = [
    ...rules.filter(({ level }) => level === "defaults"),
    ...rules.filter((rule) => rule.level === "realms" && name.startsWith(`${rule.name}/`)),
    ...topics,
  ].map(({ line }) => line);
  const added = rules.filter((rule) => rule.level === "applications" && rule.name === application)
    .map(({ line }) => line);
  const all = [...lines, ...added];
  const last = (field: string, otherwise: string, from: readonly string[]) =>
    from.findLast((line) => line.startsWith(`${field}: `))?.slice(field.length + 2) ?? otherwise;
  const time = (text: string) => ({ "0s": 0, "60s": 1, "1m": 1, "5m": 5 })[text]! * 60_000;
  const require = ["e2e", "sender-auth"].filter((property) =>
    all.some((line) => line.startsWith("require: ") && line.includes(property))
  ) as Policy["require"];
  const suites = [last("app", "none", lines), last("app", "none", all)];
  const overlaps = [last("overlap", "1m", lines), last("overlap", "1m", all)].map(time);
  const staleOf = (text: string): Policy["onStale"] => ({
    graceMs: text.includes("7d") ? 7 * 86_400_000 : 3_600_000,
    then: ["fail-closed", "use-defaults"].find((word) => text.includes(word)) ?? "use-last",
  } as Policy["onStale"]);
  const builtin = `{ grace: 1h, then: ${require.length > 0 ? "fail-closed" : "use-last"} }`;
  const [below, onStale] = [lines, all].map((from) => staleOf(last("on-stale", builtin, from)));
  const isStricter = onStale!.graceMs <= below!.graceMs &&
    (onStale!.then === "fail-closed" || onStale!.then === below!.then);
  return {
    transport: "quic-raw-pk",
    app: suites.includes("libsodium") ? "libsodium" : "none",
    keyMgmt: "dht-tofu",
    require,
    onStale: isStricter ? onStale! : below!,
    overlapMs: Math.min(...overlaps),
  };
}

Deno.test("PolicyTable.resolve() agrees with a merge by brute force", () => {
  fc.assert(
    fc.property(anyRules, anyNameText, anyApplication, (rules, name, application) => {
      const text = write(rules);
      const table = tableOfAny(text === "" ? [] : [{ path: "p.yaml", text }]);
      const { policy } = table.resolve(name, application);
      assert.deepEqual(policy, model(rules, name, application));
    }),
    { numRuns: 2_000 },
  );
});

/** Everything in a resolution but the places. */
function withoutPlaces(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(/\w+\.yaml:\d+:\d+/g, "somewhere"));
}

Deno.test("PolicyTable does not depend on the order of the rules, nor on how files hold them", () => {
  const rules = anyRules.filter((rules) => rules.length > 0);
  const both = rules.chain((rules) => fc.tuple(fc.constant(rules), scattered(rules)));
  fc.assert(fc.property(both, anyNameText, anyApplication, ([rules, files], name, application) => {
    const table = tableOfAny([{ path: "p.yaml", text: write(rules) }]);
    const other = tableOfAny(files);
    assert.deepEqual(
      withoutPlaces(table.resolve(name, application)),
      withoutPlaces(other.resolve(name, application)),
    );
    for (const realm of ["lob", "iot", "lab", "other"]) {
      assert.deepEqual(table.policyHash(realm), other.policyHash(realm));
    }
  }));
});
