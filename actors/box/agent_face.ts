/**
 * What an agent in a process gets for `import … from "@macula/mesh"`: the host's own definitions, so
 * that `instanceof` holds for what its context throws, and nothing of a node.
 *
 * @module
 */
export { MAX_DEADLINE_MS } from "../constants.ts";
export { defineActor } from "../definition.ts";
export {
  ActorError,
  DeadlineError,
  EndedError,
  HandlerError,
  MailboxFullError,
  NameTakenError,
  SelfAskError,
  SpawnError,
  UnknownHandlerError,
} from "../errors.ts";
export { exitReason } from "../exit_reason.ts";
export { refKey, sameRef } from "../ref.ts";
export { keptData, stateMachine } from "../state_machine/state_machine.ts";
export { next, postpone, repeat, stay } from "../state_machine/state_outcome.ts";
export { ValueError } from "../../values/mod.ts";
