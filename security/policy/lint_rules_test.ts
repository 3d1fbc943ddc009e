import assert from "node:assert/strict";
import fc from "fast-check";
import { anyApplication, anyNameText, anyRules, write } from "./arbitraries.ts";
import { lintPolicies } from "./load_policies.ts";
import { PolicyTable } from "./policy_table.ts";
import { readPolicies } from "./read_policies.ts";

function problems(text: string): string[] {
  return lintPolicies([{ path: "p.yaml", text }])
    .map(({ severity, place, message }) => `${severity} ${place}: ${message}`);
}

const CASES: readonly (readonly [what: string, text: string, ...problems: string[]])[] = [
  [
    "lets good rules pass",
    `defaults: { transport: quic-raw-pk, app: none, key-mgmt: dht-tofu, overlap: 60s }
realms:
  lob: { app: libsodium, require: [e2e] }
  iot: { overlap: 5m }
topics:
  iot/alarm/*: { app: libsodium }
  lob/raw/**: { overlap: 0s }
applications:
  com.example.billing: { require: [e2e, sender-auth] }
`,
  ],
  [
    "finds lob/* where lob/** was probably meant",
    'topics: { "lob/*": { app: libsodium } }\n',
    'warning p.yaml:1:11: "lob/*" is for names of two segments only: write "lob/**" for all names of ' +
    "the realm, or have a rule for those too",
  ],
  [
    "takes lob/* for meant beside lob/**",
    'topics: { "lob/*": { app: libsodium }, "lob/**": { app: none } }\n',
  ],
  [
    "finds a topic's rule in a realm that has none",
    "realms: { lob: { app: libsodium } }\ntopics: { lbo/**: { overlap: 5s } }\n",
    'warning p.yaml:2:11: "lbo/**" is in realm "lbo", which has no rules under realms, where there ' +
    'is lob: did you mean "lob"?',
  ],
  [
    "finds a requirement that nothing meets",
    "realms: { lob: { app: libsodium, require: [e2e, anonymous] } }\n",
    "error p.yaml:1:43: require: app libsodium (p.yaml:1:23) lacks anonymous: no suite of this " +
    "version has anonymous: leave anonymous out",
  ],
  [
    "finds a realm that requires what its suite lacks",
    "realms: { lob: { require: [e2e, sender-auth] } }\n",
    "error p.yaml:1:27: require: app none (built in) lacks e2e and sender-auth: let app be " +
    "libsodium, or leave e2e and sender-auth out",
  ],
  [
    "finds a topic that is laxer than its realm requires",
    "realms: { lob: { app: libsodium, require: [e2e] } }\ntopics: { lob/open/**: { app: none } }\n",
    "error p.yaml:1:43: require: app none (p.yaml:2:31) lacks e2e: let app be libsodium, or leave " +
    "e2e out",
  ],
  [
    "finds a requirement of the defaults that no realm meets",
    "defaults: { require: [e2e] }\n",
    "error p.yaml:1:22: require: app none (built in) lacks e2e: let app be libsodium, or leave e2e out",
  ],
  [
    "lets realms be refused that are not named",
    "defaults: { require: [e2e] }\nrealms: { lob: { app: libsodium } }\n",
  ],
  [
    "warns where some names of a realm are refused",
    "realms: { lob: { require: [e2e] } }\ntopics: { lob/secret/**: { app: libsodium } }\n",
    "warning p.yaml:1:27: require: app none (built in) lacks e2e: let app be libsodium, or leave " +
    'e2e out (as for "lob/any", which is refused)',
  ],
  [
    "warns where two patterns meet and contradict each other",
    "topics:\n  lob/*/b: { app: libsodium, require: [e2e] }\n  lob/a/*: { app: none }\n",
    "warning p.yaml:2:39: require: app none (p.yaml:3:19) lacks e2e: let app be libsodium, or leave " +
    'e2e out (as for "lob/a/b", which is refused)',
  ],
  [
    "finds an application that could work nowhere",
    "applications: { com.example: { require: [e2e] } }\n",
    "error p.yaml:1:41: require: app none (built in) lacks e2e: let app be libsodium, or leave e2e out",
  ],
  [
    "lets an application be refused in some realms",
    "realms: { lob: { app: libsodium } }\napplications: { com.example: { require: [e2e] } }\n",
  ],
  [
    "finds rules that change nothing",
    `defaults: { app: libsodium, require: [e2e] }
realms: { lob: { app: libsodium, require: [e2e], overlap: 1m } }
topics: { lob/x: { overlap: 60s } }
`,
    "warning p.yaml:2:43: require: changes nothing: less specific rules require [e2e] already",
    "warning p.yaml:2:23: app: changes nothing: defaults (p.yaml:1:18) says libsodium already",
    "warning p.yaml:3:29: overlap: changes nothing: realms.lob (p.yaml:2:59) says 1m already",
  ],
  [
    "takes a rule to change something that does so where two patterns meet",
    `realms: { lob: { app: libsodium } }
topics:
  lob/*/b: { app: none }
  lob/a/*: { app: libsodium }
`,
  ],
  [
    "finds what an application says in vain",
    "defaults: { app: libsodium }\napplications: { com.example: { app: none } }\n",
    "warning p.yaml:2:37: app: counts nowhere: none lacks e2e and sender-auth, which libsodium has: " +
    "an application can only add",
  ],
];

for (const [what, text, ...lines] of CASES) {
  Deno.test(`lintPolicies() ${what}`, () => assert.deepEqual(problems(text), lines));
}

Deno.test("lintPolicies() says only of rules that they change nothing that change no policy", () => {
  fc.assert(fc.property(anyRules, anyNameText, anyApplication, (rules, name, application) => {
    const text = write(rules);
    const lines = text.split("\n");
    const before = tableOf(text).resolve(name, application).policy;
    for (const { place, message } of lintPolicies([{ path: "p.yaml", text }])) {
      if (!message.includes("changes nothing") && !message.includes("counts nowhere")) continue;
      const number = Number(place.split(":")[1]) - 1;
      const without = lines.filter((_, i) => i !== number).join("\n");
      const after = tableOf(without).resolve(name, application).policy;
      assert.deepEqual(after, before, `${place}: ${message}\n${text}`);
    }
  }));
});

/** A table of rules whose meaning is not looked at; levels may be empty. */
function tableOf(text: string): PolicyTable {
  return new PolicyTable(readPolicies([{ path: "p.yaml", text }], 1, () => {}).snapshot);
}

Deno.test("lintPolicies() finds every name that is refused by all rules it is under, or warns", () => {
  fc.assert(fc.property(anyRules.filter((it) => it.length > 0), anyNameText, (rules, name) => {
    const files = [{ path: "p.yaml", text: write(rules) }];
    const { satisfied, fields } = tableOf(write(rules)).resolve(name);
    if (satisfied || fields.every(({ key }) => key === "builtin" || key === "defaults")) return;
    const found = lintPolicies(files).filter(({ message }) => message.includes(" lacks "));
    assert(found.length > 0, `${name}\n${write(rules)}`);
  }));
});
