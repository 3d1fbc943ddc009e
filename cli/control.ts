import { ControlClient } from "./control_client.ts";
import { connectToControl, type ControlPlatform, listenForControl } from "./control_listener.ts";
import {
  type ControlPlace,
  forgetPlace,
  readPlace,
  shownPlace,
  writePlace,
} from "./control_place.ts";
import { ControlServer } from "./control_server.ts";
import { showDuration } from "./duration.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure } from "./failure.ts";
import type { NodeFace } from "./node_face.ts";

/** A control socket that is open. Disposed, it is closed, and nothing of it is left. */
export interface Control extends AsyncDisposable {
  readonly place: ControlPlace;
}

/**
 * Opens the control socket of a node.
 *
 * @param data the node's data folder, whose lock the caller has
 * @throws {Failure} when there is no place for it
 */
export async function openControl(
  node: NodeFace,
  data: string,
  platform: ControlPlatform,
): Promise<Control> {
  const folder = await Deno.realPath(data);
  const listener = await listenForControl(folder, platform);
  const { place } = listener;
  const server = new ControlServer(node, listener);
  const control: Control = {
    place,
    async [Symbol.asyncDispose]() {
      await forgetPlace(folder);
      await server[Symbol.asyncDispose]();
    },
  };
  try {
    await writePlace(folder, place);
  } catch (error) {
    await control[Symbol.asyncDispose]();
    throw error;
  }
  return control;
}

/**
 * Connects to the node that runs on a data folder.
 *
 * @param timeoutMs how long to wait for its first word, in milliseconds
 * @throws {Failure} `no-node` when none runs, with the command that starts one; timed out when it
 * does not answer
 */
export async function connectToNode(data: string, timeoutMs: number): Promise<ControlClient> {
  const start = `start one with \`macula node --data ${data}\``;
  const place = await readPlace(data);
  if (!place) {
    throw new Failure(EXIT.failed, "no-node", `no node runs on ${data}: ${start}`);
  }
  let connection: Deno.Conn;
  try {
    connection = await connectToControl(place);
  } catch (error) {
    const because = { cause: error };
    const where = `its control socket ${shownPlace(place)}`;
    if (isAbsence(error)) {
      const words = `the node of ${data} is gone, and nobody listens on ${where}: ${start}`;
      throw new Failure(EXIT.failed, "no-node", words, because);
    }
    const words = `the node of ${data} cannot be asked: ${where}: ${(error as Error).message}`;
    throw new Failure(EXIT.failed, "control", words, because);
  }
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    connection.close();
  }, timeoutMs);
  try {
    return await ControlClient.open(connection, place.kind === "tcp" ? place.token : undefined);
  } catch (error) {
    if (!late) throw error;
    const words =
      `the node of ${data} has not answered within ${showDuration(timeoutMs)}: is its ` +
      `process stopped, or busy? --timeout says how long to wait`;
    throw new Failure(EXIT.timedOut, "deadline", words, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Whether an error of a connect means that nobody listens there. */
function isAbsence(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionRefused || error instanceof Deno.errors.NotFound;
}
