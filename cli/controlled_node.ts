import type { Publication, Resolution, Value } from "../mod.ts";
import type { ControlClient, ControlStream } from "./control_client.ts";
import { faultOf, type Message } from "./control_protocol.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure } from "./failure.ts";
import type { DhtFace, NodeFace, Publications, ServedHandler } from "./node_face.ts";

/**
 * A node behind its control socket, as commands use it. What it answers is taken for what it should
 * be: whoever can listen on that socket can act as this user anyway.
 */
export function controlledNode(client: ControlClient): NodeFace {
  const ask = async <T>(request: object, signal?: AbortSignal): Promise<T> =>
    await client.request(defined(request), signal) as unknown as T;
  const dht: DhtFace = {
    async get(name, { owner } = {}) {
      return (await ask<Found>({ do: "dht-get", name, owner })).record;
    },
    async getValue(key) {
      return (await ask<Found>({ do: "dht-get", key })).record;
    },
    put: (name, value, { expected } = {}) => ask({ do: "dht-put", name, value, expected }),
    putValue: (value) => ask({ do: "dht-put", value }),
    lookup: (target) => ask({ do: "dht-lookup", target }),
    providers: async (name) => (await ask<Providers>({ do: "dht-providers", name })).providers,
    table: async () => (await ask<Table>({ do: "dht-table" })).buckets,
  };
  return {
    id: client.nodeId,
    dht,
    async publish(topic, payload) {
      await ask({ do: "publish", topic, payload });
    },
    async flush({ deadlineMs } = {}) {
      await ask({ do: "flush", deadlineMs });
    },
    async call(procedure, args, { deadlineMs, signal } = {}) {
      const request = { do: "call", procedure, args, deadlineMs };
      return (await ask<{ result?: Value }>(request, signal)).result;
    },
    subscribe: (pattern) => new ControlledPublications(client, pattern),
    serve: (procedure, handler) => serve(client, procedure, handler),
    peers: async () => (await ask<Peers>({ do: "peers" })).peers,
    actors: async () => (await ask<Actors>({ do: "actors" })).actors,
    shards: () => ask({ do: "shards" }),
    status: () => ask({ do: "status" }),
    reloadPolicies: async () => (await ask<{ version: number }>({ do: "policy-reload" })).version,
    policy: (name, { application } = {}) => ask<Resolution>({ do: "policy", name, application }),
  };
}

type Found = { record?: Awaited<ReturnType<DhtFace["get"]>> };
type Providers = { providers: Awaited<ReturnType<DhtFace["providers"]>> };
type Table = { buckets: Awaited<ReturnType<DhtFace["table"]>> };
type Peers = { peers: Awaited<ReturnType<NodeFace["peers"]>> };
type Actors = { actors: Awaited<ReturnType<NodeFace["actors"]>> };

/** Publications by way of a control socket. */
class ControlledPublications implements Publications {
  readonly ready: Promise<void>;
  readonly #stream: Promise<ControlStream>;

  constructor(client: ControlClient, pattern: string) {
    this.#stream = client.stream({ do: "subscribe", pattern });
    this.ready = this.#stream.then(() => {});
    // Whoever does not wait for it finds out by reading.
    this.ready.catch(() => {});
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Publication> {
    for await (const item of await this.#stream) yield item as unknown as Publication;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stream = await this.#stream.catch(() => undefined);
    await stream?.[Symbol.asyncDispose]();
  }
}

/** Serves a procedure from here: the node sends its calls, and takes what comes of them. */
async function serve(
  client: ControlClient,
  procedure: string,
  handler: ServedHandler,
): Promise<AsyncDisposable> {
  const stream = await client.stream({ do: "serve", procedure });
  const calls = new Map<number, AbortController>();
  const answer = async (call: number, { args, caller }: Message): Promise<void> => {
    const abort = new AbortController();
    calls.set(call, abort);
    const outcome = await outcomeOf(handler, args, caller, abort.signal);
    calls.delete(call);
    if (!abort.signal.aborted) await stream.answer(call, outcome);
  };
  const nobodyWaits = new Failure(EXIT.failed, "cancelled", "nobody waits for the result");
  const serving = (async () => {
    try {
      for await (const item of stream) {
        if (typeof item.call !== "number") continue;
        if (item.cancel === true) calls.get(item.call)?.abort(nobodyWaits);
        else void answer(item.call, item);
      }
    } catch {
      // The node is gone, which the client tells whoever it concerns.
    }
    for (const abort of calls.values()) abort.abort(nobodyWaits);
  })();
  return {
    async [Symbol.asyncDispose]() {
      await stream[Symbol.asyncDispose]();
      await serving;
    },
  };
}

async function outcomeOf(
  handler: ServedHandler,
  args: Value,
  caller: Value,
  signal: AbortSignal,
): Promise<Message> {
  try {
    const result = await handler({
      args: Array.isArray(args) ? args : [],
      caller: typeof caller === "string" ? caller : undefined,
      signal,
    });
    return result === undefined ? {} : { result };
  } catch (error) {
    return { error: faultOf(error) };
  }
}

function defined(request: object): Message {
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
}
