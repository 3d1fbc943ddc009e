/** A Worker that holds a life line and ends as it is told. @module */
import { holdLifeLine } from "../life_line.ts";

const worker = globalThis as unknown as {
  onmessage: (event: MessageEvent<{ readonly name: string; readonly how: string }>) => void;
  postMessage(message: string): void;
  close(): void;
};

worker.onmessage = async ({ data: { name, how } }) => {
  await holdLifeLine(name);
  worker.postMessage("held");
  if (how === "close") worker.close();
  else if (how === "exit") Deno.exit();
};
