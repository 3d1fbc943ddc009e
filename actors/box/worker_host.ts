/** Main module of a `worker` actor's Worker: one incarnation of one actor, and nothing else. @module */
import { SHARD_MARK } from "../shard_protocol.ts";
import { BoxHost } from "./box_host.ts";
import type { Frame, StartInfo, ToBox } from "./protocol.ts";

const worker = globalThis as unknown as {
  onmessage: (event: MessageEvent<ToBox>) => void;
  postMessage(frame: Frame): void;
};
const post = worker.postMessage.bind(globalThis);
const send = (frame: Frame) => {
  post(frame);
  return 0;
};
const provided = Promise.withResolvers<unknown>();
const host = new BoxHost(send, load);

/** Hands over the agent, where this is not the main module: see the carrier. */
export const provide: (agent: unknown) => void = provided.resolve;

async function load({ url }: StartInfo): Promise<unknown> {
  return import.meta.main ? (await import(url)).default : await provided.promise;
}

// Set before the first await: messages that arrive earlier would be lost.
worker.onmessage = ({ data }) => host.receive(data);

addEventListener("error", (event) => {
  event.preventDefault();
  host.uncaught(event.error ?? event.message);
});
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  host.uncaught(event.reason);
});

// A module that is a program as well would start it again here, and that this actor again.
Object.defineProperty(globalThis, SHARD_MARK, { value: 0 });

// Both end the Worker without a sign that its owner could see.
const refuse = (what: string) => () => {
  throw new Error(
    `${what} would end the actor behind its supervisor's back: call ctx.stop() instead`,
  );
};
Object.defineProperty(globalThis, "close", { value: refuse("close()") });
Object.defineProperty(Deno, "exit", { value: refuse("Deno.exit()") });
