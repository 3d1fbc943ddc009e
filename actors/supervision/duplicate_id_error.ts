import { ActorError, type ErrorData, registerError } from "../errors.ts";

/** The id is another child's of the same supervisor; `data.id` is that id. */
export class DuplicateIdError extends ActorError {
  constructor(message: string, data: ErrorData = {}) {
    super("duplicate-id", message, data);
  }
}

registerError("duplicate-id", (message, data) => new DuplicateIdError(message, data));
