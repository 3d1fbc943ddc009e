import { CommanderError } from "commander";
import {
  ActorError,
  ConfigError,
  IdentityError,
  PatternError,
  PolicyError,
  ValueError,
} from "../mod.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";

/** A command's end that is no success: what it exits with, and one sentence for people. */
export class Failure extends Error {
  override readonly name = "Failure";

  /**
   * @param exit what the process exits with
   * @param code stable, for programs: lower-case, dashed
   * @param message what was wrong, with which value, and what to do
   */
  constructor(
    readonly exit: ExitCode,
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A {@linkcode Failure} of whoever wrote the command line. */
export function wrongUse(message: string): Failure {
  return new Failure(EXIT.wrongUse, "usage", message);
}

/** Codes with which a node refuses another, as against those of a connection that fails. */
const REFUSALS: ReadonlySet<string> = new Set([
  "bad-certificate",
  "not-allowed",
  "self",
  "wrong-id",
  "wrong-network",
  "wrong-version",
]);

/** Codes with which something that was asked for is refused. */
const REFUSED_REQUESTS: ReadonlySet<string> = new Set(["not-joined", "refused-by-policy"]);

/** Whether a code of an event or an error means that a node does not let another in. */
export function isRefusal(code: string): boolean {
  return REFUSALS.has(code);
}

/** Makes a {@linkcode Failure} of whatever was thrown. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  if (!(thrown instanceof Error)) return new Failure(EXIT.failed, "failed", String(thrown));
  const [exit, code] = kindOf(thrown);
  return new Failure(exit, code, sentence(thrown), { cause: thrown });
}

function kindOf(error: Error): [ExitCode, string] {
  if (error instanceof CommanderError) return [EXIT.wrongUse, "usage"];
  if (error instanceof ConfigError) return [EXIT.wrongUse, "config"];
  if (error instanceof PatternError) return [EXIT.wrongUse, "pattern"];
  if (error instanceof ValueError) return [EXIT.wrongUse, "value"];
  if (error instanceof SyntaxError) return [EXIT.wrongUse, "syntax"];
  if (error instanceof IdentityError) return [EXIT.failed, error.code];
  if (!(error instanceof ActorError)) return [EXIT.failed, "failed"];
  const { code } = error;
  if (code === "policy") return [EXIT.wrongUse, code];
  if (code === "deadline") return [EXIT.timedOut, code];
  const refused = isRefusal(code) || REFUSED_REQUESTS.has(code);
  return [refused ? EXIT.refused : EXIT.failed, code];
}

/** The words of an error, without what only its author would miss. */
function sentence(error: Error): string {
  const words = error.message.replaceAll(/\s*\n\s*/g, " ");
  if (error instanceof PolicyError && error.problems.length > 1) {
    return `${words}; \`macula policy lint FILE\` shows all`;
  }
  if (error instanceof CommanderError) return words.replace(/^error: /, "");
  if (error instanceof ActorError && error.code === "spawn") {
    // A start that failed names the actor and the class of the cause first; the cause is what counts.
    return words.replace(/^\S+ did not start: (?:\w+: )?/, "");
  }
  return words;
}
