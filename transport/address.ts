/**
 * Addresses as people write them:
 *
 * | what | form |
 * |---|---|
 * | a node, where it can be dialled | `macula://<node id>@<host>:<port>` |
 * | an actor of a node, exposed to a realm | `macula://<node id>/<realm>/<name>` |
 * | where a node listens | `<host>:<port>` |
 *
 * A host is an IPv4 address, an IPv6 address in brackets, or a name of the DNS. Parsing is strict
 * and its result canonical (names and IPv6 in lower case, IPv6 as RFC 5952 shortens it), so that
 * formatting it again gives the one text of an address.
 *
 * @module
 */

import { type NodeId, parseNodeId } from "../security/mod.ts";

/** Where a socket is, or is to be. */
export interface HostPort {
  /** An IPv4 or IPv6 address, without brackets, or a name of the DNS; canonical. */
  readonly host: string;
  /** UDP port; 0 lets the system choose, and only where one listens. */
  readonly port: number;
}

/** A node and a place where it can be dialled. */
export interface NodeAddress extends HostPort {
  /** The node that must answer there. */
  readonly nodeId: NodeId;
}

/** An actor that a node exposes to a realm. */
export interface ActorAddress {
  /** The node that it runs on. */
  readonly nodeId: NodeId;
  /** Local alias of the realm: one segment. */
  readonly realm: string;
  /** The actor's name in the realm: segments joined by `/`. */
  readonly name: string;
}

const SCHEME = "macula://";
const NODE_FORM = `${SCHEME}<node id>@<host>:<port>`;
const ACTOR_FORM = `${SCHEME}<node id>/<realm>/<name>`;
const LISTEN_FORM = `<host>:<port>, such as 0.0.0.0:4433 or [::]:4433`;

/** Longest name of the DNS in text, characters (RFC 1035, 2.3.4). */
const DNS_NAME_CHARS = 253;

const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
const DNS_LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * Reads the address of a node.
 *
 * @param text `macula://<node id>@<host>:<port>`, port 1 to 65535.
 * @returns Its parts.
 * @throws {SyntaxError} When it has another form; the message says which part is wrong.
 */
export function parseNodeAddress(text: string): NodeAddress {
  const fail: Fail = failing("node address", text, NODE_FORM);
  const rest = afterScheme(text, fail);
  const at = rest.indexOf("@");
  if (at < 0) {
    fail(
      rest.includes("/")
        ? "it names an actor, and no host to dial"
        : "there is no @ between node id and host",
    );
  }
  const nodeId = readNodeId(rest.slice(0, at), fail);
  const where = rest.slice(at + 1);
  const extra = /[@/?#]/.exec(where);
  if (extra) fail(`nothing may follow the port, but there is a ${JSON.stringify(extra[0])}`);
  const { host, port } = readHostPort(where, fail);
  if (port === 0) fail("port 0 cannot be dialled");
  return { nodeId, host, port };
}

/**
 * Writes the address of a node.
 *
 * @param address Its parts, the host without brackets.
 * @returns The one text that {@linkcode parseNodeAddress} reads back as the same parts.
 * @throws {RangeError} When the host is none, or the port is not 1 to 65535.
 */
export function formatNodeAddress(address: NodeAddress): string {
  const { nodeId, host, port } = address;
  if (!(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
    throw new RangeError(`port ${port} is not a whole number from 1 to 65535`);
  }
  const canonical = canonicalHost(host);
  if (canonical === undefined) {
    throw new RangeError(`${JSON.stringify(host)} is neither an IP address nor a DNS name`);
  }
  return `${SCHEME}${nodeId}@${canonical.includes(":") ? `[${canonical}]` : canonical}:${port}`;
}

/**
 * Reads the address of an actor.
 *
 * @param text `macula://<node id>/<realm>/<name>`; the name may have several segments. Characters
 * that an address cannot show are percent-encoded UTF-8.
 * @returns Its parts, decoded.
 * @throws {SyntaxError} When it has another form; the message says which part is wrong.
 */
export function parseActorAddress(text: string): ActorAddress {
  const fail: Fail = failing("actor address", text, ACTOR_FORM);
  const [id = "", ...encoded] = afterScheme(text, fail).split("/");
  if (id.includes("@")) {
    fail("a host has no place here: the node is found by its id, or was dialled before");
  }
  const nodeId = readNodeId(id, fail);
  const segments = encoded.map((segment) => readSegment(segment, fail));
  const [realm, ...name] = segments;
  if (realm === undefined) fail("the realm and the name of the actor are missing");
  if (name.length === 0) fail("the name of the actor is missing");
  return { nodeId, realm, name: name.join("/") };
}

/**
 * Writes the address of an actor.
 *
 * @param address Its parts, not encoded.
 * @returns The one text that {@linkcode parseActorAddress} reads back as the same parts.
 * @throws {RangeError} When the realm or a segment of the name is empty, `.` or `..`, a wildcard
 * (`*`, `**`), or holds a control character or half of a surrogate pair; or when the realm holds
 * a `/`.
 */
export function formatActorAddress(address: ActorAddress): string {
  const { nodeId, realm, name } = address;
  if (realm.includes("/")) {
    throw new RangeError(`realm ${JSON.stringify(realm)} has more than one segment`);
  }
  const segments = [realm, ...name.split("/")].map((segment) => {
    const fault = segmentFault(segment);
    if (fault !== undefined) {
      throw new RangeError(`${JSON.stringify(`${realm}/${name}`)} cannot be addressed: ${fault}`);
    }
    return encodeURIComponent(segment);
  });
  return `${SCHEME}${nodeId}/${segments.join("/")}`;
}

/**
 * Reads where a node is to listen.
 *
 * @param text `<host>:<port>`: `0.0.0.0:4433`, `[::1]:0`. Port 0 lets the system choose.
 * @returns Its parts, the host without brackets.
 * @throws {SyntaxError} When it has another form; the message says which part is wrong.
 */
export function parseListen(text: string): HostPort {
  const fail: Fail = failing("place to listen", text, LISTEN_FORM);
  if (text.startsWith(SCHEME)) fail("a node listens at a host and a port, not at an address");
  return readHostPort(text, fail);
}

/**
 * Whether a host means this machine and no other: 127.0.0.0/8, `::1`, IPv4 loopback mapped into
 * IPv6, and `localhost`.
 *
 * @param host Without brackets, in any form. What is no host is not loopback.
 */
export function isLoopback(host: string): boolean {
  const canonical = canonicalHost(host);
  if (canonical === undefined) return false;
  if (canonical === "localhost" || canonical === "::1") return true;
  if (IPV4.test(canonical)) return canonical.startsWith("127.");
  // What ::ffff:127.x.y.z is in canonical form.
  return /^::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}$/.test(canonical);
}

type Fail = (why: string) => never;

/** A way to refuse one text, so that every refusal shows it and the right form. */
function failing(what: string, text: string, form: string): Fail {
  return (why) => {
    const shown = text.length > 200 ? text.slice(0, 200) + "…" : text;
    throw new SyntaxError(`${JSON.stringify(shown)} is no ${what}: ${why}. Write ${form}`);
  };
}

function afterScheme(text: string, fail: Fail): string {
  if (!text.startsWith(SCHEME)) fail(`it does not begin with ${SCHEME}`);
  return text.slice(SCHEME.length);
}

function readNodeId(text: string, fail: Fail): NodeId {
  if (text === "") fail("the node id is missing");
  try {
    return parseNodeId(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return fail(error.message.replace(/\.$/, ""));
  }
}

function readHostPort(text: string, fail: Fail): HostPort {
  const bracketed = /^\[([^\]]*)\](.*)$/s.exec(text);
  const colon = text.indexOf(":");
  if (!bracketed && colon !== text.lastIndexOf(":")) {
    fail("an IPv6 address stands in brackets, as in [::1]:4433");
  }
  const hostText = bracketed?.[1] ?? (colon < 0 ? text : text.slice(0, colon));
  const portText = bracketed?.[2] ?? (colon < 0 ? "" : text.slice(colon));
  if (hostText === "" || /^\d+$/.test(text)) {
    fail(
      "the host is missing; 0.0.0.0 means every IPv4 address of the machine, [::] every address",
    );
  }
  if (hostText.includes("%")) {
    fail("an IPv6 zone (after %) means something on one machine only, and is not supported");
  }
  const host = canonicalHost(hostText);
  if (host === undefined || (bracketed !== null) !== host.includes(":")) {
    fail(
      `host ${JSON.stringify(hostText)} is ` +
        (bracketed ? "no IPv6 address" : "neither an IPv4 address nor a DNS name"),
    );
  }
  if (!portText.startsWith(":") || portText === ":") {
    fail("the port is missing");
  }
  const digits = portText.slice(1);
  const port = Number(digits);
  if (!/^(?:0|[1-9]\d{0,4})$/.test(digits) || port > 65_535) {
    fail(`port ${JSON.stringify(digits)} is not a whole number up to 65535`);
  }
  return { host, port };
}

/** The one form of a host, without brackets; undefined when it is no host. */
function canonicalHost(host: string): string | undefined {
  if (IPV4.test(host)) return host;
  if (host.includes(":")) {
    // The URL parser reads IPv6 as RFC 4291 has it and writes it as RFC 5952 has it; the check
    // before keeps everything else that a URL may hold away from it.
    if (!/^[0-9a-f:.]{2,45}$/i.test(host)) return undefined;
    return URL.parse(`http://[${host}]/`)?.hostname.slice(1, -1);
  }
  const name = host.toLowerCase();
  const labels = name.split(".");
  // A last label of digits alone makes it an IPv4 address that is none, such as 10.0.0.256.
  const isName = name.length <= DNS_NAME_CHARS && labels.every((label) => DNS_LABEL.test(label)) &&
    !/^\d+$/.test(labels.at(-1) ?? "");
  return isName ? name : undefined;
}

function readSegment(encoded: string, fail: Fail): string {
  const bare = /[\s?#@]/u.exec(encoded);
  if (bare) {
    fail(`${JSON.stringify(bare[0])} must be written as ${encodeURIComponent(bare[0])}`);
  }
  let segment: string;
  try {
    segment = decodeURIComponent(encoded);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return fail(`a % in ${JSON.stringify(encoded)} does not begin percent-encoded UTF-8`);
  }
  const fault = segmentFault(segment);
  if (fault !== undefined) fail(fault);
  return segment;
}

/** Why a decoded segment cannot be part of an actor's address; undefined when it can. */
function segmentFault(segment: string): string | undefined {
  if (segment === "") return "a segment is empty";
  if (segment === "." || segment === "..") return `a segment is ${JSON.stringify(segment)}`;
  if (segment === "*" || segment === "**") return "an address names one actor: no wildcards";
  if (segment.includes("/")) return "a / cannot stand within a segment";
  if (/\p{Cc}/u.test(segment)) return `${JSON.stringify(segment)} holds a control character`;
  if (!segment.isWellFormed()) return `${JSON.stringify(segment)} holds half a surrogate pair`;
  return undefined;
}
