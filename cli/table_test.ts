import assert from "node:assert/strict";
import { Output } from "./output.ts";
import { printFacts, printTable } from "./table.ts";

async function printed(print: (output: Output) => void): Promise<string> {
  let text = "";
  const stream = {
    write: (bytes: Uint8Array) => {
      text += new TextDecoder().decode(bytes);
      return Promise.resolve(bytes.length);
    },
    isTerminal: () => false,
  };
  const output = new Output({
    ...{ stdout: stream, stderr: stream, json: false, verbose: false, colours: false },
    onGone: (error) => assert.fail(error),
  });
  print(output);
  await output.flush();
  return text;
}

Deno.test("printTable() makes columns as wide as they need, numbers to the right", async () => {
  const rows = [["a", "1,000", "x"], ["long one", "9", ""]];
  assert.equal(
    await printed((output) => printTable(output, ["name", "count", "more"], rows)),
    "name      count  more\na         1,000  x\nlong one      9\n",
  );
});

Deno.test("printTable() shows what is hostile as what it is", async () => {
  const text = await printed((output) => printTable(output, ["peer"], [["a\x1b[2Jb\nc"]]));
  assert.equal(text, "peer\na\\x1b[2Jb\\x0ac\n");
});

Deno.test("printFacts() leaves out what is not there", async () => {
  const facts = [["key", "b1"], ["owner", undefined], ["value", ["bold", "42"]]] as const;
  assert.equal(await printed((output) => printFacts(output, facts)), "key    b1\nvalue  42\n");
});
