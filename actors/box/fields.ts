import type { WireError } from "../errors.ts";
import { MAX_HANDLERS, MAX_NAME_UNITS, MAX_STACK_UNITS, MAX_WORDS_UNITS } from "./constants.ts";
import type { Lifted, Parcel } from "./parcel.ts";
import type { Fault, Sent } from "./protocol.ts";

/** A frame out of a box makes no sense. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/**
 * The fields of one frame, taken one after the other: each is checked for its type and its bounds.
 * Every method throws a {@link ProtocolError} where that is not what comes next.
 */
export class Fields {
  readonly #op: string;
  readonly #frame: readonly unknown[];
  #next = 1;

  constructor(op: string, frame: readonly unknown[]) {
    this.#op = op;
    this.#frame = frame;
  }

  /** There is no field more. */
  end(): void {
    if (this.#next !== this.#frame.length) this.#refuse("has fields that it should not have");
  }

  /** A whole number, 0 or more. */
  index(): number {
    return this.#index(this.#take());
  }

  /** A text of at most so many UTF-16 units. */
  text(maxUnits: number): string {
    return this.#text(this.#take(), maxUnits);
  }

  /** The names of handlers. */
  names(): string[] {
    const names = this.#list(this.#take());
    if (names.length > MAX_HANDLERS) this.#refuse(`names more than ${MAX_HANDLERS} handlers`);
    return names.map((name) => this.#text(name, MAX_NAME_UNITS));
  }

  /** One packed value. */
  parcel(): Parcel {
    return this.#parcel(this.#take());
  }

  /** A list of packed values. */
  parcels(): Parcel[] {
    return this.#list(this.#take()).map((parcel) => this.#parcel(parcel));
  }

  /** An error that fails the actor. */
  fault(): Fault {
    const { name, stack, wire } = this.#record(this.#take());
    return {
      name: this.#text(name, MAX_NAME_UNITS),
      stack: this.#text(stack, MAX_STACK_UNITS),
      wire: this.#wire(wire),
    };
  }

  /** An error that somebody else gets. */
  wire(): WireError {
    return this.#wire(this.#take());
  }

  /** A message to a ref. */
  sent(): Sent {
    const handle = this.index();
    const handler = this.text(MAX_NAME_UNITS);
    const args = this.parcels();
    const { deadlineMs, credit, priority } = this.#record(this.#take());
    if (typeof priority !== "boolean") return this.#refuse("has no priority");
    const options = {
      ...{ deadlineMs: this.#maybeNumber(deadlineMs), credit: this.#maybeNumber(credit), priority },
    };
    return { handle, handler, args, options };
  }

  #maybeNumber(value: unknown): number | null {
    return value === null || typeof value === "number" ? value : this.#refuse("has no number");
  }

  #take(): unknown {
    if (this.#next >= this.#frame.length) this.#refuse("lacks a field");
    return this.#frame[this.#next++];
  }

  #index(value: unknown): number {
    if (!Number.isSafeInteger(value) || (value as number) < 0) this.#refuse("has no number");
    return value as number;
  }

  #text(value: unknown, maxUnits: number): string {
    if (typeof value !== "string") return this.#refuse("has no text");
    if (value.length > maxUnits) return this.#refuse(`has more than ${maxUnits} units of text`);
    return value;
  }

  #list(value: unknown): unknown[] {
    return Array.isArray(value) ? value : this.#refuse("has no list");
  }

  #record(value: unknown): Record<string, unknown> {
    const plain = typeof value === "object" && value !== null && !Array.isArray(value) &&
      !ArrayBuffer.isView(value) && !(value instanceof Date);
    return plain ? value as Record<string, unknown> : this.#refuse("has no record");
  }

  #parcel(value: unknown): Parcel {
    const parcel = this.#list(value);
    if (parcel.length < 2) return parcel as Parcel;
    if (parcel.length > 2) this.#refuse("has no parcel");
    for (const item of this.#list(parcel[1])) {
      const [path, handle, ...more] = this.#list(item);
      this.#index(handle);
      if (more.length > 0) this.#refuse("has no parcel");
      for (const key of this.#list(path)) {
        if (typeof key !== "string") this.#index(key);
      }
    }
    return parcel as [never, Lifted[]];
  }

  #wire(value: unknown): WireError {
    const { code, message, data } = this.#record(value);
    return {
      code: this.#text(code, MAX_NAME_UNITS),
      message: this.#text(message, MAX_WORDS_UNITS),
      data: this.#record(data) as WireError["data"],
    };
  }

  #refuse(what: string): never {
    throw new ProtocolError(`a frame "${this.#op}" that ${what}`);
  }
}
