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

/** Nobody serves `name`, as far as is known here. */
export function noSuchProcedure(
  name: string,
  localOnly: boolean,
  peers: number,
): NoSuchProcedureError {
  return new NoSuchProcedureError(
    localOnly
      ? `procedure ${name} is not served by this node (any more)`
      : `nobody serves procedure ${name}: neither this node nor ${peers} connected peers`,
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
registerError("not-exposed", (m, d) => new NotExposedError(m, d));
