import { EXIT } from "./exit_codes.ts";
import { Failure } from "./failure.ts";

/** Why a command is to end before it is done. */
export type EndingCause = "signal" | "output";

/**
 * The wish that a command end, from outside of it: the first SIGINT or SIGTERM, or the end of
 * whatever reads its output. A command that runs until it is told to stop ends well by it; others
 * are interrupted.
 */
export class Ending {
  /** Settles when the command is to end. */
  readonly came: Promise<EndingCause>;
  readonly #came = Promise.withResolvers<EndingCause>();
  #cause: EndingCause | undefined;

  constructor() {
    this.came = this.#came.promise;
  }

  /** Why, once it came. */
  get cause(): EndingCause | undefined {
    return this.#cause;
  }

  /** The command is to end; only the first cause counts. */
  come(cause: EndingCause): void {
    this.#cause ??= cause;
    this.#came.resolve(cause);
  }

  /**
   * Waits for work that is interrupted when the command is to end.
   *
   * @throws {Failure} `interrupted`
   */
  interrupts<T>(work: Promise<T>): Promise<T> {
    return Promise.race([
      work,
      this.came.then((): never => {
        throw new Failure(EXIT.failed, "interrupted", "interrupted before it was done");
      }),
    ]);
  }
}
