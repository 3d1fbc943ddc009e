import { ActorError, type ErrorData, registerError } from "../actors/mod.ts";

/** Nobody that this node knows of serves the procedure. */
export class NoSuchProcedureError extends ActorError {
  constructor(message: string, data: ErrorData = {}) {
    super("no-such-procedure", message, data);
  }
}

/** The connection to the node that was to answer is lost; whether it acted is not known. */
export class DisconnectedError extends ActorError {
  constructor(message: string, data: ErrorData = {}) {
    super("disconnected", message, data);
  }
}

/** There is no connection to the node of that id. */
export class NotConnectedError extends ActorError {
  constructor(message: string, data: ErrorData = {}) {
    super("not-connected", message, data);
  }
}

/** The node exposes no actor of that name to the realm. */
export class NotExposedError extends ActorError {
  constructor(message: string, data: ErrorData = {}) {
    super("not-exposed", message, data);
  }
}

/** The realm is none that this node, or the other one, takes part in. */
export class NotJoinedError extends ActorError {
  constructor(message: string, data: ErrorData = {}) {
    super("not-joined", message, data);
  }
}

/** What was asked for is weaker than what the policy of one of the two nodes demands. */
export class RefusedByPolicyError extends ActorError {
  constructor(message: string, data: ErrorData = {}) {
    super("refused-by-policy", message, data);
  }
}

/** This node's own policy cannot be kept with what this version has. */
export function unsatisfied(
  { name, problem }: { readonly name: string; readonly problem: string | null },
): RefusedByPolicyError {
  return new RefusedByPolicyError(`${name}: ${problem ?? "its policy cannot be kept"}`, { name });
}

/** The error of a request that a peer has refused with a code. */
export function refusedByPeer(peer: string, code: string, message: string): ActorError {
  const words = `node ${peer} refused it (${code}): ${message}`;
  if (code === "not-joined") return new NotJoinedError(words, { peer });
  if (code === "refused-by-policy") return new RefusedByPolicyError(words, { peer });
  return new ActorError(code, words, { peer });
}

/** This node may not speak of the realm. */
export function notJoined(alias: string, realms: readonly string[]): NotJoinedError {
  return new NotJoinedError(
    `this node takes part in ${
      realms.join(", ") || "no realm"
    }, and not in "${alias}": add it to ` +
      `"realms" in the node's configuration, if that is meant`,
    { realm: alias },
  );
}

/** Nobody serves `name`, as far as is known here. */
export function noSuchProcedure(
  name: string,
  localOnly: boolean,
  peers: number,
): NoSuchProcedureError {
  return new NoSuchProcedureError(
    localOnly
      ? `procedure ${name} is not served by this node (any more)`
      : `nobody serves procedure ${name}: neither this node nor ${peers} connected peers, nor ` +
        `anybody that the DHT knows of`,
    { procedure: name },
  );
}

/** No actor `name` is exposed to the realm. */
export function notExposed(realm: string, name: string): NotExposedError {
  return new NotExposedError(
    `no actor "${name}" is exposed to realm ${realm}: spawn it with { name: "${name}", expose: ` +
      `"${realm}" }`,
    { name },
  );
}

registerError("no-such-procedure", (m, d) => new NoSuchProcedureError(m, d));
registerError("disconnected", (m, d) => new DisconnectedError(m, d));
registerError("not-connected", (m, d) => new NotConnectedError(m, d));
registerError("not-joined", (m, d) => new NotJoinedError(m, d));
registerError("refused-by-policy", (m, d) => new RefusedByPolicyError(m, d));
registerError("not-exposed", (m, d) => new NotExposedError(m, d));
