/** What property tests of policies generate. @module */
import fc from "fast-check";
import type { PolicyFile } from "./read_policies.ts";

const field = fc.oneof(
  fc.constantFrom("none", "libsodium").map((app) => `app: ${app}`),
  fc.constantFrom("0s", "60s", "1m", "5m").map((time) => `overlap: ${time}`),
  fc.constantFrom(
    "{ grace: 1h, then: fail-closed }",
    "{ then: use-last, grace: 7d }",
    "{ grace: 60m, then: use-defaults }",
  ).map((stale) => `on-stale: ${stale}`),
  fc.constantFrom("[e2e]", "[sender-auth]", "[sender-auth, e2e]").map((it) => `require: ${it}`),
  fc.constant("transport: quic-raw-pk"),
  fc.constant("key-mgmt: dht-tofu"),
);

/** Fields of one level, each once: lines such as `app: none`. */
const fields = fc.uniqueArray(field, {
  minLength: 1,
  maxLength: 4,
  selector: (line) => line.split(":")[0],
});

const realm = fc.constantFrom("lob", "iot", "lab");
const segment = fc.constantFrom("a", "b", "*");

/** A pattern of two to four segments over few words, so that many match each other's names. */
export const anyPatternText: fc.Arbitrary<string> = fc.tuple(
  realm,
  fc.array(segment, { maxLength: 2 }),
  fc.constantFrom("a", "b", "*", "**"),
).map(([realm, middle, last]) => [realm, ...middle, last].join("/"));

/** A name that such patterns may match. */
export const anyNameText: fc.Arbitrary<string> = fc.tuple(
  realm,
  fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 4 }),
).map((parts) => parts.flat().join("/"));

/** An application's name, that of rules or not. */
export const anyApplication: fc.Arbitrary<string | undefined> = fc.constantFrom(
  undefined,
  "com.example.a",
  "com.example.b",
);

/** A rule as a line of its own: where it stands, and the line. */
export interface RuleLine {
  /** `defaults`, `realms`, `topics` or `applications`. */
  readonly level: string;
  /** Empty for `defaults`. */
  readonly name: string;
  readonly line: string;
}

function named(level: string, names: fc.Arbitrary<string>): fc.Arbitrary<RuleLine[]> {
  return fc.uniqueArray(fc.tuple(names, fields), { maxLength: 5, selector: ([name]) => name })
    .map((rules) => rules.flatMap(([name, lines]) => lines.map((line) => ({ level, name, line }))));
}

/** Rules of every level, of which no two give the same field. */
export const anyRules: fc.Arbitrary<RuleLine[]> = fc.tuple(
  fc.option(fields, { nil: [] }).map((lines) =>
    lines.map((line) => ({ level: "defaults", name: "", line }))
  ),
  named("realms", realm),
  named("topics", anyPatternText),
  named("applications", fc.constantFrom("com.example.a", "com.example.b")),
).map((levels) => levels.flat());

/** Writes rules into one text, in their order. */
export function write(rules: readonly RuleLine[]): string {
  const levels = Map.groupBy(rules, ({ level }) => level);
  let text = "";
  for (const [level, its] of levels) {
    text += `${level}:\n`;
    for (const [name, lines] of Map.groupBy(its, ({ name }) => name)) {
      if (name !== "") text += `  "${name}":\n`;
      for (const { line } of lines) text += `    ${line}\n`;
    }
  }
  return text;
}

/** The same rules in another order, spread over up to three files. */
export function scattered(rules: readonly RuleLine[]): fc.Arbitrary<PolicyFile[]> {
  const shuffled = fc.shuffledSubarray([...rules], { minLength: rules.length });
  return fc.tuple(
    shuffled,
    fc.array(fc.nat(2), { minLength: rules.length, maxLength: rules.length }),
  )
    .map(([order, homes]) => {
      const files = Map.groupBy(order.map((rule, i) => [rule, homes[i]] as const), ([, it]) => it);
      return [...files].map(([home, rules]) => ({
        path: `${home}.yaml`,
        text: write(rules.map(([rule]) => rule)),
      }));
    });
}
