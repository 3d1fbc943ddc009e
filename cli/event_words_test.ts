import assert from "node:assert/strict";
import type { NodeEvent } from "../mod.ts";
import { createIdentity } from "../security/mod.ts";
import { counted, eventWords } from "./event_words.ts";

const { nodeId } = createIdentity();
const remote = "192.0.2.7:4433";
const address = `macula://${nodeId}@${remote}`;

function words(event: NodeEvent): string {
  const { word, sentence } = eventWords(event) ?? { word: "", sentence: "" };
  return `${word} ${sentence}`;
}

Deno.test("eventWords() says when a peer is dialled again, and why that is needed", () => {
  const failed = { event: "dial-failed", address, message: "no hello", retryMs: 1_240 } as const;
  const attempt = words({ ...failed, code: "unverified", failures: 2 });
  assert.match(attempt, /^not connected b.*192\.0\.2\.7:4433 \(unverified\): no hello; /);
  assert.match(attempt, /attempt 3 is in 1\.2 s$/);
  const gone = words({ ...failed, code: "disconnected", failures: 1 });
  assert.match(gone, /is gone; attempt 2 is in 1\.2 s$/);
});

Deno.test("eventWords() says who refuses whom, and does not call a failure a refusal", () => {
  const event = { event: "refused", remote, message: "who?" } as const;
  assert.equal(
    words({ ...event, by: "peer", code: "not-allowed" }),
    `refused the node at ${remote} refuses this one (not-allowed): who?`,
  );
  assert.equal(
    words({ ...event, by: "here", code: "wrong-id" }),
    `refused this node refuses the one at ${remote} (wrong-id): who?`,
  );
  assert.equal(
    words({ ...event, by: "network", code: "unreachable" }),
    `no connection ${remote} (unreachable): who?`,
  );
});

Deno.test("eventWords() says what a lost peer may have missed", () => {
  const down = { event: "peer-down", peer: nodeId, code: "lost", message: "silence" } as const;
  assert.match(words({ ...down, unknown: 0 }), /^lost b\w+…: silence$/);
  assert.match(words({ ...down, unknown: 3 }), /may have missed 3 publications/);
});

Deno.test("eventWords() says what a peer's frame was refused for, and by whom", () => {
  const frame = {
    event: "frame-refused",
    peer: nodeId,
    code: "policy",
    message: "lacks e2e",
  } as const;
  assert.match(words({ ...frame, by: "here" }), /^refused a frame of b\w+… \(policy\): lacks e2e$/);
  assert.match(
    words({ ...frame, by: "peer" }),
    /^refused a frame, by b\w+… \(policy\): lacks e2e$/,
  );
});

Deno.test("eventWords() shows the beginnings of policies that differ", () => {
  const [here, there] = ["a".repeat(64), "b".repeat(64)];
  const sentence = words({ event: "policy-differs", peer: nodeId, realm: "lob", here, there });
  assert.match(sentence, /another policy in lob: b{12}…, here a{12}…$/);
});

Deno.test("eventWords() says that the DHT is joined and that the node is reachable", () => {
  assert.equal(words({ event: "dht-joined", contacts: 1 }), "joined the DHT: 1 contact");
  assert.equal(words({ event: "reachable", address }), `reachable at ${address}`);
});

Deno.test("counted() counts", () => {
  assert.deepEqual([0, 1, 2].map((n) => counted(n, "peer")), ["0 peers", "1 peer", "2 peers"]);
  assert.equal(counted(1_000, "copy", "copies"), "1,000 copies");
});
