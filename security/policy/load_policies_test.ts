import assert from "node:assert/strict";
import fc from "fast-check";
import { anyRules, write } from "./arbitraries.ts";
import { lintPolicies, loadPolicies } from "./load_policies.ts";
import { PolicyError } from "./policy_error.ts";

const file = (text: string, path = "p.yaml") => ({ path, text });

/** All problems of one file, as lines. */
function problems(text: string): string[] {
  return lintPolicies([file(text)]).map(({ severity, place, message }) =>
    `${severity} ${place}: ${message}`
  );
}

const WHOLE = `# what a file can say
defaults: { transport: quic-raw-pk, app: none, key-mgmt: dht-tofu, overlap: 90s }
realms:
  lob:
    app: libsodium
    require: [sender-auth, e2e]
    on-stale: { grace: 1h, then: fail-closed }
  iot: { on-stale: { then: use-last, grace: 7d } }
topics:
  iot/alarm/**: { app: libsodium, overlap: 0s }
  "iot/*/raw": { overlap: 1.5s }
applications:
  com.example.billing: { app: libsodium, require: [e2e] }
`;

Deno.test("loadPolicies() reads every level and every field, each with its place", () => {
  const snapshot = loadPolicies([file(WHOLE)], 7);
  assert.deepEqual(snapshot, {
    version: 7,
    files: ["p.yaml"],
    defaults: {
      transport: { value: "quic-raw-pk", at: "p.yaml:2:24" },
      app: { value: "none", at: "p.yaml:2:42" },
      "key-mgmt": { value: "dht-tofu", at: "p.yaml:2:58" },
      overlap: { value: 90_000, at: "p.yaml:2:77" },
    },
    realms: {
      lob: {
        app: { value: "libsodium", at: "p.yaml:5:10" },
        require: { value: ["e2e", "sender-auth"], at: "p.yaml:6:14" },
        "on-stale": { value: { graceMs: 3_600_000, then: "fail-closed" }, at: "p.yaml:7:15" },
      },
      iot: {
        "on-stale": { value: { graceMs: 7 * 86_400_000, then: "use-last" }, at: "p.yaml:8:20" },
      },
    },
    topics: {
      "iot/alarm/**": {
        app: { value: "libsodium", at: "p.yaml:10:24" },
        overlap: { value: 0, at: "p.yaml:10:44" },
      },
      "iot/*/raw": { overlap: { value: 1_500, at: "p.yaml:11:27" } },
    },
    applications: {
      "com.example.billing": {
        app: { value: "libsodium", at: "p.yaml:13:31" },
        require: { value: ["e2e"], at: "p.yaml:13:51" },
      },
    },
  });
});

Deno.test("loadPolicies() makes an empty snapshot of no files", () => {
  const nothing = { files: [], defaults: {}, realms: {}, topics: {}, applications: {} };
  assert.deepEqual(loadPolicies([], 1), { version: 1, ...nothing });
});

const LEVELS = "there are defaults, realms, topics and applications";
const FIELDS = "transport, app, key-mgmt, require, on-stale and overlap";
const DURATION = "is no duration: write a number and its unit, such as 500ms, 60s, 5m, 1h or 7d, " +
  "of 366d at most";
const STALE = "{ grace: 1h, then: fail-closed }";
const PROPERTY_LIST =
  "there are e2e, sender-auth, forward-secrecy, post-compromise, peer-pinned, " +
  "peer-vouched, pki, private-aggregation and anonymous";
const SUITE_LIST =
  "there are none, libsodium, noise-ik, noise-nk, noise-xx, double-ratchet, mpc, " +
  "zkp and onion";
const HAS = "is not supported by this version, which has";

const BAD: readonly (readonly [text: string, ...errors: string[]])[] = [
  // The file
  [
    "",
    '1:1: the file has no rules: write a level, such as "defaults: { app: none }", or leave it out',
  ],
  ["- a\n", '1:1: expected levels with rules under them, such as "defaults: { app: none }"'],
  [
    "defaults: [\n",
    "2:1: Flow sequence in block collection must be sufficiently indented and end with a ]",
  ],
  [
    "topics:\n  */x: { app: none }\n",
    '2:3: */x without quotes is an alias in YAML: quote the pattern: "*/x"',
  ],
  [
    "topics:\n  **: { app: none }\n",
    '2:3: ** without quotes is an alias in YAML: quote the pattern: "**"',
  ],
  [
    "realms:\n  lob: { app: none }\n  lob: { app: libsodium }\n",
    '3:3: keys must be unique: "lob" is given at p.yaml:2:3 already, so remove one of the two',
  ],
  [
    "defaults: { app: none, app: none }\n",
    '1:24: keys must be unique: "app" is given at p.yaml:1:13 already, so remove one of the two',
  ],
  // Levels and names
  ["topcis: {}\n", `1:1: "topcis" is no level: ${LEVELS}: did you mean "topics"?`],
  ["global: { app: none }\n", `1:1: "global" is no level: ${LEVELS}`],
  ["__proto__: { app: none }\n", `1:1: "__proto__" is no level: ${LEVELS}`],
  [
    "defaults:\n",
    "1:1: defaults is empty: write rules under it, such as { app: none }, or remove it",
  ],
  [
    "defaults: {}\n",
    "1:1: defaults is empty: write rules under it, such as { app: none }, or remove it",
  ],
  ["defaults: none\n", "1:11: defaults: expected rules, such as { app: none }"],
  ["realms: [lob]\n", "1:9: realms: expected rules, such as lob: { app: libsodium }"],
  [
    "realms:\n  lob:\n",
    "2:3: realms.lob is empty: write rules under it, such as { app: libsodium }, or remove it",
  ],
  ["realms: { lob: libsodium }\n", "1:16: realms.lob: expected rules, such as { app: libsodium }"],
  [
    "realms:\n  lob/x: { app: none }\n",
    '2:3: "lob/x" is no realm\'s alias: write the first segment of its names, such as lob',
  ],
  [
    'realms:\n  "*": { app: none }\n',
    '2:3: "*" is no realm\'s alias: write the first segment of its names, such as lob',
  ],
  [
    "realms:\n  __proto__: { app: none }\n",
    '2:3: "__proto__" is no realm\'s alias: write the first segment of its names, such as lob',
  ],
  [
    "topics:\n  lob: { app: none }\n",
    '2:3: pattern "lob" has a realm only: name a segment in it, such as lob/**',
  ],
  [
    'topics:\n  "*/x": { app: none }\n',
    '2:3: pattern "*/x" has a wildcard for a realm in segment 1 ("*"): write the realm\'s name',
  ],
  [
    "topics:\n  lob/**/x: { app: none }\n",
    '2:3: pattern "lob/**/x" goes on after segment 2 ("**"): ** stands for one or more segments and ' +
    "comes last, so end the pattern there or write * for each segment",
  ],
  [
    "applications:\n  com..example: { app: none }\n",
    '2:3: "com..example" is no application\'s name: write words of a-z, A-Z, 0-9 and "-", joined by ' +
    "dots, such as com.example.billing",
  ],
  // Fields
  ["defaults: { ap: none }\n", `1:13: "ap" is no field: there are ${FIELDS}: did you mean "app"?`],
  ["defaults: { colour: red }\n", `1:13: "colour" is no field: there are ${FIELDS}`],
  ["defaults: { constructor: 1 }\n", `1:13: "constructor" is no field: there are ${FIELDS}`],
  ["defaults: { rotate: 30d }\n", `1:13: "rotate" ${HAS} ${FIELDS}`],
  ["defaults: { retain: true }\n", `1:13: "retain" ${HAS} ${FIELDS}`],
  ["defaults: { audience: [a] }\n", `1:13: "audience" ${HAS} ${FIELDS}`],
  // transport, key-mgmt
  ["defaults: { transport: quic-tls }\n", `1:24: transport: "quic-tls" ${HAS} quic-raw-pk`],
  ["defaults: { transport: quic-psk }\n", `1:24: transport: "quic-psk" ${HAS} quic-raw-pk`],
  [
    "defaults: { transport: quic-tsl }\n",
    '1:24: transport: "quic-tsl" is no transport: there are quic-raw-pk, quic-psk and quic-tls: ' +
    'did you mean "quic-tls"?',
  ],
  [
    "defaults: { transport: }\n",
    "1:24: transport: null is not text: write a word, such as quic-raw-pk",
  ],
  [
    "defaults: { key-mgmt: [dht-tofu] }\n",
    "1:23: key-mgmt: a list is not text: write a word, such as dht-tofu",
  ],
  ["defaults: { key-mgmt: pki }\n", `1:23: key-mgmt: "pki" ${HAS} dht-tofu`],
  [
    "defaults: { key-mgmt: tofu }\n",
    '1:23: key-mgmt: "tofu" is no way of key management: there are dht-tofu, dht-web-of-trust, ' +
    "dht-ephemeral and pki",
  ],
  // app
  ["defaults: { app: 5 }\n", "1:18: app: 5 is not text: write a word, such as libsodium"],
  [
    "defaults: { app: { a: b } }\n",
    "1:18: app: a map is not text: write a word, such as libsodium",
  ],
  [
    "defaults: { app: libsodum }\n",
    `1:18: app: "libsodum" is no suite: ${SUITE_LIST}: did you mean "libsodium"?`,
  ],
  ["defaults: { app: '' }\n", `1:18: app: "" is no suite: ${SUITE_LIST}`],
  ["defaults: { app: libsodium+tls }\n", `1:18: app: "tls" is no layer: ${SUITE_LIST}`],
  ["defaults: { app: libsodium+ }\n", `1:18: app: "" is no layer: ${SUITE_LIST}`],
  ["defaults: { app: noise-ik }\n", `1:18: app: "noise-ik" ${HAS} none and libsodium`],
  [
    "defaults: { app: double-ratchet+mpc }\n",
    `1:18: app: "double-ratchet+mpc" ${HAS} none and libsodium`,
  ],
  ["defaults: { app: libsodium+zkp }\n", `1:18: app: "libsodium+zkp" ${HAS} none and libsodium`],
  [
    "defaults: { app: none+libsodium }\n",
    '1:18: app: "none+libsodium" adds to "none", which stands alone: leave "none" out',
  ],
  [
    "defaults: { app: libsodium+libsodium }\n",
    '1:18: app: "libsodium+libsodium" has "libsodium" twice: name it once',
  ],
  [
    "defaults: { app: noise-ik+mpc+libsodium }\n",
    '1:18: app: "noise-ik+mpc+libsodium" has "libsodium" behind "mpc": layers come first, then mpc, ' +
    "zkp or onion",
  ],
  [
    "defaults: { app: onion }\n",
    '1:18: app: "onion" has no layer: put one before it, such as libsodium+onion',
  ],
  // require
  [
    "defaults: { require: e2e }\n",
    "1:22: require: expected a list of properties, such as [e2e, sender-auth]",
  ],
  [
    "defaults: { require: [] }\n",
    "1:22: require: expected a list of properties, such as [e2e, sender-auth]",
  ],
  [
    "defaults:\n  require:\n    - e2e\n    - 7\n    - e3e\n    - e2e\n",
    "4:7: require: 7 is not text: write a word, such as e2e",
    `5:7: require: "e3e" is no property: ${PROPERTY_LIST}: did you mean "e2e"?`,
    '6:7: require: "e2e" is given twice: remove one',
  ],
  // on-stale, overlap
  ["defaults: { on-stale: use-last }\n", `1:23: on-stale: expected ${STALE}`],
  ["defaults: { on-stale: { grace: 1h } }\n", `1:23: on-stale: "then" is missing: write ${STALE}`],
  [
    "defaults: { on-stale: { then: use-last } }\n",
    `1:23: on-stale: "grace" is missing: write ${STALE}`,
  ],
  [
    "defaults: { on-stale: { grace: 1h, then: give-up } }\n",
    '1:42: on-stale: "give-up" is no end of a grace: there are fail-closed, use-last and use-defaults',
  ],
  [
    "defaults: { on-stale: { grace: 1h, then: use-last, until: 1h } }\n",
    '1:52: on-stale: "until" is no part of it: there are grace and then',
  ],
  [
    "defaults: { on-stale: { grace: 1 hour, then: use-last } }\n",
    `1:32: on-stale: "1 hour" ${DURATION}`,
  ],
  ["defaults: { overlap: 60 }\n", `1:22: overlap: 60 ${DURATION}`],
  ["defaults: { overlap: -1s }\n", `1:22: overlap: "-1s" ${DURATION}`],
  ["defaults: { overlap: 367d }\n", `1:22: overlap: "367d" ${DURATION}`],
  ["defaults: { overlap: [1s] }\n", `1:22: overlap: a list ${DURATION}`],
];

Deno.test("loadPolicies() says file, line and column of what is wrong, and what would be right", () => {
  for (const [text, ...errors] of BAD) {
    const lines = errors.map((error) => `error p.yaml:${error}`);
    assert.deepEqual(problems(text), lines, text);
    assert.throws(() => loadPolicies([file(text)], 1), (error) => {
      assert(error instanceof PolicyError);
      assert.equal(error.problems.length, errors.length);
      const more = errors.length > 1 ? ` (and ${errors.length - 1} more errors)` : "";
      assert.equal(error.message, `p.yaml:${errors[0]}${more}`);
      return true;
    });
  }
});

Deno.test("lintPolicies() tells every error of a file at once, and goes on behind each", () => {
  const text =
    "defaults: { ap: none }\nrealms:\n  a/b: { app: none }\n  lob: { app: 5, colour: red }\n";
  const places = lintPolicies([file(text)]).map(({ place }) => place);
  assert.deepEqual(places, ["p.yaml:1:13", "p.yaml:3:3", "p.yaml:4:15", "p.yaml:4:18"]);
});

Deno.test("loadPolicies() takes one level from several files, but a field from one only", () => {
  const one = file("realms: { lob: { app: libsodium } }\n", "one.yaml");
  const other = file("realms: { lob: { require: [e2e] } }\n", "two.yaml");
  const { files, realms } = loadPolicies([one, other], 1);
  assert.deepEqual(files, ["one.yaml", "two.yaml"]);
  assert.deepEqual(realms.lob, {
    app: { value: "libsodium", at: "one.yaml:1:23" },
    require: { value: ["e2e"], at: "two.yaml:1:27" },
  });
  const again = file("realms: { lob: { app: none } }\n", "three.yaml");
  assert.throws(() => loadPolicies([one, other, again], 1), {
    message: "three.yaml:1:23: app of realms.lob is given twice, here and at one.yaml:1:23: " +
      "remove one of the two",
  });
});

Deno.test("loadPolicies() throws nothing but a PolicyError, however a file is mutilated", () => {
  const junk = fc.constantFrom(
    "*",
    "**",
    "{",
    "}",
    "[",
    "]",
    ":",
    " ",
    "\n",
    "  ",
    "\t",
    "&a",
    "!",
  );
  const cuts = fc.array(
    fc.record({
      at: fc.nat(),
      drop: fc.nat(12),
      put: fc.oneof(fc.string({ unit: "binary", maxLength: 4 }), junk),
    }),
    { minLength: 1, maxLength: 4 },
  );
  const texts = fc.oneof(fc.constant(WHOLE), anyRules.map(write));
  fc.assert(
    fc.property(texts, cuts, (whole, cuts) => {
      const text = cuts.reduce((text, { at, drop, put }) => {
        const start = at % (text.length + 1);
        return text.slice(0, start) + put + text.slice(start + drop);
      }, whole);
      try {
        loadPolicies([file(text)], 1);
      } catch (error) {
        assert(error instanceof PolicyError, `${error}`);
        for (const { place } of error.problems) assert.match(place, /^p\.yaml:\d+:\d+$/);
      }
    }),
    { numRuns: 2_000 },
  );
});
