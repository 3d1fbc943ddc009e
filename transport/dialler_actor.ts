import { type ActorContext, type ActorDefinition, defineActor, type Ref } from "../actors/mod.ts";
import { formatNodeAddress, parseNodeAddress } from "./address.ts";
import { backoffMs } from "./backoff.ts";
import type { Endpoint } from "./transport_protocol.ts";
import { BACKOFF_FORGIVEN_MS, HELLO_DEADLINE_MS } from "./wire_constants.ts";

/** What a dialler tells of its attempts. */
export type DialListener = {
  dialFailed(failure: DialFailure): void;
};

/** A dial that came to nothing, and when the next one is. */
export type DialFailure = {
  readonly address: string;
  readonly code: string;
  readonly message: string;
  /** Failures in a row. */
  readonly failures: number;
  readonly retryMs: number;
};

/** The protocol of a dialler. */
export type Dialler = {
  dial(): void;
};

/**
 * Keeps one address connected: dials, waits for the connection's end, and dials again with backoff
 * and jitter for as long as the node runs.
 */
const dialler: ActorDefinition<[Ref<Endpoint>, string, Ref<DialListener>], Dialler> = defineActor(
  import.meta,
  (ctx: ActorContext, endpoint: Ref<Endpoint>, text: string, listener: Ref<DialListener>) => {
    const { nodeId, host, port } = parseNodeAddress(text);
    const address = formatNodeAddress({ nodeId, host, port });
    let failures = 0;

    const again = (code: string, message: string) => {
      const retryMs = Math.round(backoffMs(++failures, Math.random()));
      listener.tell.dialFailed({ address, code, message, failures, retryMs });
      ctx.after(retryMs, "dial");
    };
    const attempt = async (): Promise<void> => {
      try {
        const options = { deadlineMs: 2 * HELLO_DEADLINE_MS };
        const { connection } = await endpoint.with(options).ask.dial(nodeId, host, port);
        const since = performance.now();
        ctx.monitor(connection, () => {
          if (performance.now() - since >= BACKOFF_FORGIVEN_MS) failures = 0;
          again("disconnected", "the connection has ended");
        });
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        again(code ?? "failed", message);
      }
    };
    ctx.after(0, "dial");
    return {
      dial(): void {
        // Not awaited: a node that stops does not wait for an answer that may never come.
        void attempt();
      },
    };
  },
);
export default dialler;
