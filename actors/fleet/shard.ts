import type { Clock } from "../clock.ts";
import type { ShardInfo, ShardVitals } from "../reports.ts";
import { ShardBooks } from "../shard_books.ts";
import type { ShardCommand, ShardReport } from "../shard_protocol.ts";
import type { Transits } from "../transit.ts";
import { CLOSE_WAIT_MS } from "./constants.ts";
import { Heartbeat, turnsBegun } from "./heartbeat.ts";
import { lifeLineCut, lifeLineName } from "./life_line.ts";
import type { Finding, ShardWatch } from "./shard_watch.ts";
import { TurnRate } from "./turn_rate.ts";

/** The main isolate's end of a Worker that is a shard. */
export class Shard {
  readonly number: number;
  readonly name: string;
  readonly heartbeat: Heartbeat = new Heartbeat();
  readonly books: ShardBooks = new ShardBooks();
  /** Transits to and from each Worker that it was joined to, by number, as it sees them. */
  readonly transits: Map<number, Transits> = new Map();
  readonly lifeLine: string = lifeLineName();
  /** Settles when nobody waits for its life line any more. */
  #watched: Promise<void> | undefined;
  readonly rate: TurnRate;
  /** Settles when it can host actors; rejects when it is lost before that. */
  readonly ready: Promise<void>;
  /** Settles, with words for people, when its Worker ended by itself. */
  readonly lost: Promise<string>;
  /** Judges whether it answers; made when it is ready. */
  watch: ShardWatch | undefined;
  /** What it told last. */
  info: ShardInfo | undefined;
  vitals: ShardVitals | undefined;
  readonly #worker: Worker;
  readonly #ready = Promise.withResolvers<void>();
  readonly #lost = Promise.withResolvers<string>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #over = new AbortController();
  #silence = new AbortController();

  constructor(number: number, name: string, clock: Clock) {
    this.number = number;
    this.name = name;
    this.rate = new TurnRate(clock.now(), 0);
    this.ready = this.#ready.promise;
    this.ready.catch(() => {/* whoever starts it looks; after that it is ready */});
    this.lost = this.#lost.promise;
    this.#worker = new Worker(new URL("../shard_worker.ts", import.meta.url), {
      type: "module",
      name: `macula ${name}`,
    });
    this.#worker.onmessage = ({ data }: MessageEvent<ShardReport>) => {
      if (data.type === "closed") return this.#closed.resolve();
      this.#ready.resolve();
      this.#watched = this.#waitForItsEnd();
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#end(event.message);
    };
  }

  /** Tells its Worker something, outside of the ports between shards. */
  command(message: ShardCommand, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** What the watchdog holds against it. */
  get stuck(): Finding | undefined {
    return this.watch?.stuck;
  }

  /** Aborted when it is found stuck: what waits for its answer need not. */
  get silence(): AbortSignal {
    return this.#silence.signal;
  }

  /** Turns that its actors have had. */
  get turns(): number {
    return turnsBegun(this.heartbeat.read());
  }

  /** It was found not to answer, or to answer again. */
  found({ type }: Finding): void {
    if (type === "stuck") this.#silence.abort();
    else this.#silence = new AbortController();
  }

  /** Closes it, and waits for that as long as a shard that is not stuck may take. */
  async close(): Promise<void> {
    if (!this.stuck && !this.#over.signal.aborted) {
      this.command({ type: "close" });
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((resolve) => timer = setTimeout(resolve, CLOSE_WAIT_MS));
      await Promise.race([this.#closed.promise, this.lost, late]);
      clearTimeout(timer);
    }
    this.terminate();
    await this.#watched;
  }

  /** Ends its Worker; one that spins cannot be ended, and goes on until it stops (Deno 2.9). */
  terminate(): void {
    this.#over.abort();
    this.#silence.abort();
    this.#worker.terminate();
  }

  async #waitForItsEnd(): Promise<void> {
    if (await lifeLineCut(this.lifeLine, this.#over.signal)) {
      this.#end("its Worker ended without an error");
    }
  }

  #end(message: string): void {
    this.#ready.reject(new Error(message));
    this.#lost.resolve(message);
  }
}
