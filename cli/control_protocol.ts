/**
 * The control protocol: how commands speak with a running node. Each side writes lines of JSON in
 * the form of `json_form.ts`, so that payloads arrive as they are.
 *
 * The node speaks first, `{"macula":<version>,"nodeId":<id>}`; over TCP, after the client has said
 * `{"token":<token>}`. From then on:
 *
 * | who | line | meaning |
 * |---|---|---|
 * | client | `{"id":1,"do":"status"}` | asks for something; `id` is a whole number of its choice |
 * | node | `{"id":1,"ok":{…}}` | it is done, or, for a stream, has begun |
 * | node | `{"id":1,"error":{"code","message","exit"}}` | it is not; `exit` as the command's exit codes |
 * | node | `{"id":2,"item":{…}}` | the next of a stream |
 * | node | `{"id":2,"end":true}` | the stream is over |
 * | client | `{"id":2,"cancel":true}` | gives up what it asked for |
 * | node | `{"id":3,"item":{"call":7,"args":[…]}}` | a call of the procedure that stream 3 serves |
 * | node | `{"id":3,"item":{"call":7,"cancel":true}}` | nobody waits for call 7 any longer |
 * | client | `{"id":3,"call":7,"result":…}` | what came of it |
 * | client | `{"id":3,"call":7,"error":{"code","message"}}` | that it failed |
 *
 * A line that is none of these is answered by an error without `id`, and counted. What a client
 * asked for ends with its connection.
 *
 * @module
 */

import { fromWire, toWire } from "../actors/mod.ts";
import { ActorError, type Value, ValueError } from "../mod.ts";
import type { Item } from "../values/mod.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import { Failure, toFailure } from "./failure.ts";
import { valueToJson } from "./json_form.ts";

/** Longest line that either side takes, in bytes: the largest payload, in base64, and its envelope. */
export const MAX_LINE_BYTES = 4 * 2 ** 20;

/** Requests and streams of one connection at once. */
export const MAX_OPEN_REQUESTS = 256;

/** Calls of one served procedure that a client may owe an answer. */
export const MAX_OPEN_CALLS = 1_024;

/** An object as it came over the socket: everything about it is yet to be looked at. */
export type Message = { [key: string]: Item };

/** An error as it stands in a line. */
export type ControlFault = {
  readonly code: string;
  readonly message: string;
  readonly exit: ExitCode;
  /** What an {@link ActorError} carries besides. */
  readonly data?: Message;
};

/** Whatever was thrown, as it stands in a line. */
export function faultOf(thrown: unknown): ControlFault {
  const { exit, code, message } = toFailure(thrown);
  if (!(thrown instanceof ActorError) && !(thrown instanceof ValueError)) {
    return { code, message, exit };
  }
  // With their own words and data, so that they are of their class again on the other side.
  const { data, ...words } = toWire(thrown);
  return { ...words, exit, data: data as Message };
}

/** The error that a line tells of. */
export function errorOf(fault: Value): Error {
  if (!isMessage(fault)) return new Failure(EXIT.failed, "failed", "no reason was given");
  const { code, message, exit, data } = fault;
  const words = { code: text(code, "failed"), message: text(message, "no reason was given") };
  if (isMessage(data)) return fromWire({ ...words, data });
  const known = Object.values(EXIT).find((one) => one === exit && one !== EXIT.done);
  return new Failure(known ?? EXIT.failed, words.code, words.message);
}

/**
 * A message as its line, the newline included.
 *
 * @throws {Failure} `too-large` when it is longer than {@link MAX_LINE_BYTES}
 */
export function lineOf(message: { readonly [key: string]: unknown }): string {
  const line = `${valueToJson(message as Value)}\n`;
  if (line.length <= MAX_LINE_BYTES) return line;
  throw new Failure(
    EXIT.failed,
    "too-large",
    `it has ${line.length} bytes as JSON, and the control socket takes ${MAX_LINE_BYTES}: use a ` +
      `node of the command's own, with --bootstrap`,
  );
}

/** Whether a value is an object with keys. */
export function isMessage(value: Value): value is Message {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Uint8Array) && !(value instanceof Date);
}

function text(value: Value, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}
