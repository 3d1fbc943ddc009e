import assert from "node:assert/strict";
import { decodeValue, encodeValue } from "../../values/mod.ts";
import { concatBytes } from "../bytes.ts";
import { sha256 } from "../ed25519.ts";
import { loadPolicies } from "./load_policies.ts";
import { PolicyTable } from "./policy_table.ts";

function hashOf(text: string, realm = "lob"): string {
  return new PolicyTable(loadPolicies([{ path: "p.yaml", text }], 1)).policyHash(realm).toHex();
}

const RULES = `defaults: { overlap: 2m }
realms:
  lob: { app: libsodium, require: [e2e, sender-auth], on-stale: { grace: 1h, then: use-last } }
topics: { "lob/a/**": { overlap: 1m }, lob/b: { overlap: 3m } }
`;

Deno.test("PolicyTable.policyHash() is SHA-256 of a label and the rules' deterministic CBOR", () => {
  const rules = {
    defaults: { overlap: 120_000 },
    realm: {
      app: "libsodium",
      require: ["e2e", "sender-auth"],
      "on-stale": { graceMs: 3_600_000, then: "use-last" },
    },
    topics: [["a/**", { overlap: 60_000 }], ["b", { overlap: 180_000 }]],
  };
  const bytes = encodeValue(rules, "rules");
  assert.deepEqual(decodeValue(bytes), rules);
  const label = new TextEncoder().encode("macula/policy/v1\0");
  assert.equal(hashOf(RULES), sha256(concatBytes(label, bytes)).toHex());
});

Deno.test("PolicyTable.policyHash() does not see how the rules are written, nor the realm's alias", () => {
  const other = `# the same
topics:
  books/b: { overlap: 180s }
  books/a/**:
    overlap: 60s
realms:
  books:
    on-stale: { then: use-last, grace: 60m }
    require:
      - sender-auth
      - e2e
    app: libsodium
defaults:
  overlap: 120000ms
`;
  assert.equal(hashOf(other, "books"), hashOf(RULES));
});

Deno.test("PolicyTable.policyHash() sees the realm's rules and the defaults, and no others", () => {
  const same = [
    RULES.replace("topics: {", "topics: { iot/x: { app: libsodium },"),
    RULES.replace("realms:\n", "realms:\n  iot: { app: libsodium }\n"),
    `${RULES}applications: { com.example: { app: libsodium } }\n`,
  ];
  for (const text of same) assert.equal(hashOf(text), hashOf(RULES), text);
  const differs = [
    RULES.replace("overlap: 2m", "overlap: 4m"),
    RULES.replace("overlap: 1m", "overlap: 4m"),
    RULES.replace("lob/b:", "lob/c:"),
    RULES.replace("[e2e, sender-auth]", "[e2e]"),
    RULES.replace("grace: 1h", "grace: 2h"),
    RULES.replace("topics: {", "topics: { lob/x: { app: libsodium },"),
  ];
  const hashes = new Set([RULES, ...differs].map((text) => hashOf(text)));
  assert.equal(hashes.size, differs.length + 1);
  assert.notEqual(hashOf(RULES, "iot"), hashOf(RULES));
  assert.equal(hashOf(RULES, "iot"), hashOf(RULES, "other"));
});

Deno.test("PolicyTable.policyHash() gives the same bytes when asked again", () => {
  const table = new PolicyTable(loadPolicies([], 1));
  assert.equal(table.policyHash("lob"), table.policyHash("lob"));
  assert.equal(table.policyHash("lob").length, 32);
});
