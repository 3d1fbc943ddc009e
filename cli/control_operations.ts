import type { Value } from "../mod.ts";
import type { Item } from "../values/mod.ts";
import type { Message } from "./control_protocol.ts";
import type { Exchange, Perform } from "./control_session.ts";
import { wrongUse } from "./failure.ts";
import type { ControlCounts, NodeFace } from "./node_face.ts";

type Operation = (
  node: NodeFace,
  request: Message,
  exchange: Exchange,
  counts: () => ControlCounts,
) => Promise<unknown>;

/** What a node does for its commands, by the word of the request. */
const OPERATIONS: { readonly [word: string]: Operation } = {
  status: async (node, _request, _exchange, counts) => ({
    ...await node.status(),
    control: counts(),
  }),
  peers: async (node) => ({ peers: await node.peers() }),
  actors: async (node) => ({ actors: await node.actors() }),
  shards: (node) => node.shards(),
  publish: (node, request) => node.publish(text(request, "topic"), request.payload),
  flush: (node, request) => node.flush(deadline(request)),
  call: async (node, request, { signal }) => {
    const options = { ...deadline(request), signal };
    const result = await node.call(text(request, "procedure"), list(request, "args"), options);
    return result === undefined ? {} : { result };
  },
  subscribe: (node, request, exchange) => subscribe(node, text(request, "pattern"), exchange),
  serve: (node, request, exchange) => serve(node, text(request, "procedure"), exchange),
  policy: (node, request) => {
    const application = optionalText(request, "application");
    return node.policy(text(request, "name"), application === undefined ? {} : { application });
  },
  "policy-reload": async (node) => ({ version: await node.reloadPolicies() }),
  "dht-get": async ({ dht }, request) => {
    const key = optionalText(request, "key");
    const owner = optionalText(request, "owner");
    const record = key !== undefined
      ? await dht.getValue(key)
      : await dht.get(text(request, "name"), owner === undefined ? {} : { owner });
    return record ? { record: defined(record) } : {};
  },
  "dht-put": ({ dht }, request) => {
    const name = optionalText(request, "name");
    if (name === undefined) return dht.putValue(request.value);
    const { expected } = request;
    return dht.put(name, request.value, typeof expected === "number" ? { expected } : {});
  },
  "dht-lookup": ({ dht }, request) => dht.lookup(text(request, "target")),
  "dht-providers": async ({ dht }, request) => ({
    providers: await dht.providers(text(request, "name")),
  }),
  "dht-table": async ({ dht }) => ({ buckets: await dht.table() }),
};

/**
 * Has requests done by a node.
 *
 * @param counts tells those of its control socket, which are a part of its status
 */
export function performOn(node: NodeFace, counts: () => ControlCounts): Perform {
  return async (request, exchange) => {
    const word = text(request, "do");
    const operation = Object.hasOwn(OPERATIONS, word) ? OPERATIONS[word] : undefined;
    if (operation) return await operation(node, request, exchange, counts) as Value;
    throw wrongUse(
      `this node cannot "${word.slice(0, 40)}": it does ${Object.keys(OPERATIONS).join(", ")}`,
    );
  };
}

async function subscribe(node: NodeFace, pattern: string, exchange: Exchange): Promise<void> {
  await using publications = node.subscribe(pattern);
  // A reader that is gone ends the wait for the next publication, which may never come.
  const end = () => void publications[Symbol.asyncDispose]();
  exchange.signal.addEventListener("abort", end);
  await publications.ready;
  await exchange.begin();
  for await (const publication of publications) await exchange.item(defined(publication));
}

async function serve(node: NodeFace, procedure: string, exchange: Exchange): Promise<void> {
  const ended = Promise.withResolvers<void>();
  exchange.signal.addEventListener("abort", () => ended.resolve());
  await using _served = await node.serve(procedure, ({ args, caller, signal }) => {
    return exchange.ask({ args: [...args] as Item[], ...from(caller) }, signal);
  });
  await exchange.begin();
  await ended.promise;
}

function from(caller: string | undefined): Message {
  return caller === undefined ? {} : { caller };
}

function deadline(request: Message): { deadlineMs?: number } {
  const { deadlineMs } = request;
  if (deadlineMs === undefined) return {};
  if (typeof deadlineMs === "number" && deadlineMs > 0) return { deadlineMs };
  throw wrongUse(`"deadlineMs" is to be a number above 0`);
}

function text(request: Message, key: string): string {
  const value = optionalText(request, key);
  if (value !== undefined) return value;
  throw wrongUse(`the request lacks "${key}"`);
}

function optionalText(request: Message, key: string): string | undefined {
  const value = request[key];
  if (value === undefined || typeof value === "string") return value;
  throw wrongUse(`"${key}" is to be text`);
}

function list(request: Message, key: string): readonly Value[] {
  const value = request[key];
  if (Array.isArray(value)) return value;
  throw wrongUse(`"${key}" is to be a list`);
}

/** Without keys that hold nothing: a payload may be nothing, which JSON says by leaving it out. */
function defined(object: object): Message {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
