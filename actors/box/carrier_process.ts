import type { Clock, TimerId } from "../clock.ts";
import type { ResolvedBoxOptions } from "./box_options.ts";
import type { Carrier, CarrierEvents } from "./carrier.ts";
import {
  BOOT_MS,
  MAX_FRAME_BYTES,
  MAX_FRAME_IN_BYTES,
  MAX_FRAME_OBJECTS,
  MAX_UNREAD_BYTES,
} from "./constants.ts";
import { encodeFrame, FrameReader } from "./frames.ts";
import { launchCommand, type LaunchScene } from "./launch.ts";
import type { Frame } from "./protocol.ts";
import { StderrLines } from "./stderr_lines.ts";
import { Watchdog } from "./watchdog.ts";

/** A subprocess as a box. Every byte that it writes is taken for hostile. */
export class ProcessCarrier implements Carrier {
  readonly #events: CarrierEvents;
  readonly #clock: Clock;
  readonly #options: ResolvedBoxOptions;
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #stderr: StderrLines;
  readonly #closed: Promise<void>;
  #watchdog: Watchdog | undefined;
  #timer: TimerId;
  #unread = 0;
  /** Numbers of pings that were not answered, the oldest first. */
  #pings: number[] = [];
  #over = false;

  constructor(
    options: ResolvedBoxOptions,
    scene: LaunchScene,
    path: string,
    clock: Clock,
    events: CarrierEvents,
  ) {
    this.#events = events;
    this.#clock = clock;
    this.#options = options;
    const { command, args, env } = launchCommand(options, scene);
    this.#child = new Deno.Command(command, {
      ...{ args: [...args], env, clearEnv: true, cwd: "/" },
      ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
    }).spawn();
    this.#stdin = this.#child.stdin.getWriter();
    this.#stderr = new StderrLines(path, clock);
    this.#timer = clock.setTimer(() => this.#lose(`did not start within ${BOOT_MS} ms`), BOOT_MS);
    this.#closed = this.#run();
  }

  get closed(): Promise<void> {
    return this.#closed;
  }

  send(frame: Frame): void {
    this.#write(encodeFrame(frame, MAX_FRAME_IN_BYTES));
  }

  kill(): void {
    this.#over = true;
    this.#clock.clearTimer(this.#timer);
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // it has ended already
    }
  }

  #write(bytes: Uint8Array): void {
    if (this.#over) return;
    this.#unread += bytes.length;
    if (this.#unread > MAX_UNREAD_BYTES) {
      return this.#lose(`left ${this.#unread} bytes unread`);
    }
    this.#stdin.write(bytes).then(
      () => this.#unread -= bytes.length,
      () => {/* it has ended: its status says how */},
    );
  }

  /** Lives as long as the process does, and leaves nothing of it behind. */
  async #run(): Promise<void> {
    const stdout = this.#child.stdout.getReader();
    const stderr = this.#child.stderr.getReader();
    const reading = Promise.all([this.#read(stdout), this.#stderr.pass(stderr)]);
    const ended = await this.#child.status;
    // What it wrote before it ended is still heard, unless somebody else holds its pipes.
    await Promise.race([reading, turns(20)]);
    this.#lose(this.#wordsOf(ended), false);
    await Promise.all([stdout.cancel(), stderr.cancel(), reading]);
    await this.#stdin.close().catch(() => {/* its reader is gone */});
  }

  async #read(stdout: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const frames = new FrameReader(MAX_FRAME_BYTES, MAX_FRAME_OBJECTS);
    try {
      for (;;) {
        const { done, value: chunk } = await stdout.read();
        if (done) return;
        for (const { value, bytes } of frames.read(chunk)) {
          if (this.#over) break;
          this.#take(value, bytes);
        }
        await turns(1); // one chunk a turn: a flood waits for its turn like everybody else
      }
    } catch (error) {
      this.#lose(`sent what is no message (${error instanceof Error ? error.message : error})`);
    }
  }

  #take(frame: unknown, bytes: number): void {
    const [op, nonce, ...more] = Array.isArray(frame) ? frame : [];
    if (op === "hello" && nonce === undefined && !this.#watchdog) {
      this.#clock.clearTimer(this.#timer);
      this.#watchdog = new Watchdog(this.#options.unansweredMs, this.#clock.now());
      this.#ping();
      this.#tickLater(this.#watchdog);
    } else if (op === "pong" && more.length === 0) {
      const at = this.#pings.indexOf(nonce as number);
      if (at < 0) return this.#lose("sent an answer to what nobody asked");
      this.#pings = this.#pings.slice(at + 1);
      this.#watchdog?.answered();
    } else {
      this.#events.frame(frame, bytes);
    }
  }

  /** Asks with a number that nobody can know who does not read: who spins cannot answer ahead. */
  #ping(): void {
    const [nonce] = crypto.getRandomValues(new Uint32Array(1)) as unknown as [number];
    this.#pings.push(nonce);
    this.#write(encodeFrame(["ping", nonce], MAX_FRAME_BYTES));
  }

  #tickLater(watchdog: Watchdog): void {
    this.#timer = this.#clock.setTimer(() => {
      if (watchdog.tick(this.#clock.now()) === "stuck") {
        return this.#lose(`did not answer for ${this.#options.unansweredMs} ms`);
      }
      this.#ping();
      this.#tickLater(watchdog);
    }, watchdog.periodMs);
  }

  #lose(what: string, killed = true): void {
    if (this.#over) return;
    this.kill();
    this.#events.lost(what, killed);
  }

  #wordsOf({ code, signal }: Deno.CommandStatus): string {
    if (this.#stderr.saysOutOfMemory) {
      const { heapMb, memoryMb } = this.#options;
      return `reached the limit of its memory (heap ${heapMb} MiB, all ${memoryMb} MiB)`;
    }
    return signal ? `was ended by ${signal}` : `ended with code ${code}`;
  }
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((done) => setImmediate(done));
}
