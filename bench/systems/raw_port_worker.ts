/**
 * One of two Workers that talk over a port: what an actor system between them cannot beat.
 *
 * @module
 */
import { CHUNK, FAR_CHUNKS, type Run } from "../actor_workload.ts";

/** What one of the Workers is to do. */
export interface RawOrder {
  readonly what: "tell" | "take" | "ask" | "echo";
  readonly count: number;
}

/** The Worker's side of `self`: the library of the main isolate does not know it. */
const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<MessagePort | RawOrder>) => void) | null;
  postMessage(message: unknown): void;
};

scope.onmessage = ({ data }) => {
  if (data instanceof MessagePort) {
    scope.onmessage = ({ data: order }) => obey(data, order as RawOrder);
    scope.postMessage("ready");
  }
};

function obey(port: MessagePort, { what, count }: RawOrder): void {
  if (what === "tell") tell(port, count);
  else if (what === "take") take(port, count);
  else if (what === "echo") echo(port);
  else ask(port, count);
}

/** Numbers in arrays of a chunk each, with so many chunks on their way as `macula` has. */
function tell(port: MessagePort, count: number): void {
  let next = 0;
  const chunk = () => {
    if (next === count) return;
    const numbers: number[] = [];
    for (const end = Math.min(count, next + CHUNK); next < end; next++) numbers.push(next);
    port.postMessage(numbers);
  };
  port.onmessage = chunk;
  for (let i = 0; i < FAR_CHUNKS; i++) chunk();
}

function take(port: MessagePort, count: number): void {
  let missing = count;
  let sum = 0;
  port.onmessage = ({ data }: MessageEvent<number[]>) => {
    for (const n of data) sum += n;
    missing -= data.length;
    port.postMessage(0);
    if (missing === 0) scope.postMessage(sum);
  };
}

function echo(port: MessagePort): void {
  port.onmessage = ({ data }: MessageEvent<number>) => port.postMessage(data);
}

function ask(port: MessagePort, count: number): void {
  const latencies: number[] = [];
  const began = performance.now();
  let answer = 0;
  let asked = 0;
  let from = began;
  port.onmessage = ({ data }: MessageEvent<number>) => {
    const now = performance.now();
    latencies.push((now - from) * 1_000);
    answer += data;
    if (++asked === count) {
      scope.postMessage({ ms: now - began, answer, latencies } satisfies Run);
      return;
    }
    from = performance.now();
    port.postMessage(asked);
  };
  from = performance.now();
  port.postMessage(0);
}
