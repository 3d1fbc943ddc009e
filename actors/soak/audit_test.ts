import assert from "node:assert/strict";
import { audit } from "./audit.ts";
import { entriesOf } from "./journal.ts";

const nobodyLost = () => false;

/** What an audit of these lines finds, where the kernels have counted so much. */
function problems(
  lines: readonly string[],
  byReason: { readonly [reason: string]: number } = {},
  isLost: (shard: number) => boolean = nobodyLost,
): readonly string[] {
  const entries = entriesOf(lines.map((line) => `${line}\n`).join(""));
  return audit(entries, { total: NaN, byReason }, isLost).problems;
}

Deno.test("audit() finds nothing where each message has one fate, and what waits is settled", () => {
  const lines = [
    ...["sent 0.1 tell", "handled 0.1 "],
    ...["sent 0.2 ask", "dead 0.2 ended", "settled 0.2 ended"],
    ...["sent 0.3 stream", "returned 0.3 ", "settled 0.3 ok"],
    ...["sent 0.4 ask", "settled 0.4 self-ask"], // was never sent
    "dead  mailbox-full", // of a timer
  ];
  assert.deepEqual(problems(lines, { ended: 1, "mailbox-full": 1 }), []);
});

Deno.test("audit() overrules what a handler says that awaited by the dead letter, and no other", () => {
  const rest = ["sent 0.1 tell", "dead 0.1 ended"];
  assert.deepEqual(problems(["returned 0.1 ", ...rest], { ended: 1 }), []);
  assert.match(
    String(problems(["handled 0.1 ", ...rest], { ended: 1 })),
    /handled and buried/,
  );
});

Deno.test("audit() takes what nobody saw for lost with a shard, and wants it counted so", () => {
  assert.deepEqual(problems(["sent 0.1 tell"], { "shard-lost": 1 }), []);
  assert.match(
    String(problems(["sent 0.1 tell"])),
    /0 dead letters are counted as "shard-lost"/,
  );
});

Deno.test("audit() wants every ask settled whose asker is left", () => {
  const lines = ["sent 3.1 ask", "handled 3.1 "];
  assert.match(String(problems(lines)), /3\.1 was never settled/);
  assert.deepEqual(problems(lines, {}, (shard) => shard === 3), []);
});

for (
  const [what, lines, found] of [
    [
      "handled twice",
      ["sent 0.1 tell", "handled 0.1 ", "handled 0.1 "],
      /was handled twice/,
    ],
    ["handled and never sent", ["handled 0.1 "], /was sent 0 times/],
    [
      "settled twice",
      ["sent 0.1 ask", "settled 0.1 ok", "settled 0.1 ended"],
      /settled too often/,
    ],
    [
      "buried twice",
      ["sent 0.1 tell", "dead 0.1 refused", "dead 0.1 failed"],
      /was buried twice/,
    ],
    [
      "counted, and not seen",
      ["sent 0.1 tell", "handled 0.1 "],
      /^1 dead letters are counted/,
    ],
  ] as const
) {
  Deno.test(`audit() finds a message that was ${what}`, () => {
    const counted = what.startsWith("counted") ? { ended: 1 } : {};
    assert.match(
      problems(lines, counted).at(what.startsWith("counted") ? -1 : 0) ?? "",
      found,
    );
  });
}
