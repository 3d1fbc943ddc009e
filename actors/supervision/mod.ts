/**
 * Supervision: what becomes of the children of a supervisor when they fail.
 *
 * {@link Supervision} is the core that each supervising actor drives: it learns that children
 * started and ended, decides by a {@link Policy} (which children a failure concerns, how many
 * failures are too many, how long to wait), and tells slots to stop, restart or end. Time and
 * randomness are its host's. {@link defineSupervisor} makes an actor that does nothing else.
 *
 * A failure counts once, however many children restart for it. Whatever it is amid, a supervisor
 * that is stopped or killed leaves no child and no timer behind. Not here: children that are
 * significant (`auto_shutdown`), and specifications of children that have ended for good; both are
 * OTP's.
 *
 * @module
 */
export type { BackoffOptions } from "./backoff.ts";
export type { ChildSpec } from "./child.ts";
export {
  child,
  type ChildOptions,
  defineSupervisor,
  type RunningChild,
  type SupervisedChild,
  type SupervisorHandlers,
  type SupervisorSpec,
} from "./define_supervisor.ts";
export { DuplicateIdError } from "./duplicate_id_error.ts";
export type { Strategy, SupervisionOptions } from "./policy.ts";
export type { IntensityOptions } from "./restart_intensity.ts";
export type { ChildSignal } from "./signals.ts";
export { type ChildInfo, Supervision, type SupervisionHost } from "./supervision.ts";
