import assert from "node:assert/strict";
import fc from "fast-check";
import { matches, parsePattern, parseTopic } from "../names/mod.ts";
import { Audiences } from "./audiences.ts";

const TOPICS = ["r/a", "r/b", "r/a/x", "r/a/y", "r/b/x"];
const PATTERNS = ["r/*", "r/**", "r/a", "r/a/*", "r/*/x", "r/b/x"];
const PEERS = ["ann", "bob"];

type Step =
  | { readonly do: "topic"; readonly topic: string }
  | { readonly do: "gone"; readonly topic: string }
  | { readonly do: "sub"; readonly peer: string; readonly pattern: string }
  | { readonly do: "unsub"; readonly peer: string; readonly pattern: string }
  | { readonly do: "left"; readonly peer: string };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom("topic", "gone"), topic: fc.constantFrom(...TOPICS) }),
  fc.record({
    do: fc.constantFrom("sub", "unsub"),
    peer: fc.constantFrom(...PEERS),
    pattern: fc.constantFrom(...PATTERNS),
  }),
  fc.record({ do: fc.constant("left"), peer: fc.constantFrom(...PEERS) }),
) as fc.Arbitrary<Step>;

Deno.test("Audiences tells who begins and ceases to want a topic, as sets of patterns say", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const audiences = new Audiences();
    const topics = new Set<string>();
    const has = new Map(PEERS.map((peer) => [peer, new Set<string>()]));
    const wants = (peer: string, topic: string) =>
      [...has.get(peer)!].some((pattern) => matches(parsePattern(pattern), parseTopic(topic)));
    /** The topics that a peer wants, by the model. */
    const wanted = (peer: string) => [...topics].filter((topic) => wants(peer, topic));
    for (const one of steps) {
      if (one.do === "topic") {
        if (topics.has(one.topic)) continue;
        topics.add(one.topic);
        const topic = parseTopic(one.topic);
        const each = PEERS.flatMap((peer) =>
          [...has.get(peer)!].filter((p) => matches(parsePattern(p), topic)).map(() => peer)
        );
        const told = audiences.add(topic, each);
        assert.deepEqual([...told].sort(), PEERS.filter((peer) => wants(peer, one.topic)));
      } else if (one.do === "gone") {
        topics.delete(one.topic);
        audiences.delete(one.topic);
      } else if (one.do === "left") {
        const before = wanted(one.peer);
        has.get(one.peer)!.clear();
        assert.deepEqual(audiences.left(one.peer).sort(), before.sort());
      } else {
        const set = has.get(one.peer)!;
        if (set.has(one.pattern) === (one.do === "sub")) continue;
        const before = wanted(one.peer);
        if (one.do === "sub") set.add(one.pattern);
        else set.delete(one.pattern);
        const after = wanted(one.peer);
        const pattern = parsePattern(one.pattern);
        const told = one.do === "sub"
          ? audiences.subscribed(one.peer, pattern)
          : audiences.unsubscribed(one.peer, pattern);
        const [more, less] = one.do === "sub" ? [after, before] : [before, after];
        assert.deepEqual(told.sort(), more.filter((topic) => !less.includes(topic)).sort());
      }
    }
  }));
});
