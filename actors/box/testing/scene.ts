import assert from "node:assert/strict";
import { defineActor, type Ref } from "../../mod.ts";
import type { BoxOptions } from "../mod.ts";
import { AgentFolder } from "./agents.ts";
import { Boxes } from "./boxes.ts";

/** What agents of a scene can be told and asked. */
export type Attempt = { attempt(...args: unknown[]): unknown };

/** A node with an actor that keeps answering, and a folder of hostile agents. */
export class Scene implements AsyncDisposable {
  readonly boxes: Boxes;
  readonly folder: AgentFolder;
  readonly witness: Ref<{ ping(): string }>;

  private constructor(boxes: Boxes, folder: AgentFolder, witness: Ref<{ ping(): string }>) {
    this.boxes = boxes;
    this.folder = folder;
    this.witness = witness;
  }

  /** Sets it up. */
  static async make(): Promise<Scene> {
    const boxes = await Boxes.start();
    const definition = defineActor(import.meta, () => ({ ping: () => "pong" }));
    const witness = await boxes.system.spawn(definition, { placement: "here" });
    return new Scene(boxes, await AgentFolder.make(), witness);
  }

  /** Spawns an agent in a process, whose one handler's body is `attempt`. */
  async spawn(attempt: string, before = "", box: BoxOptions = {}): Promise<Ref<Attempt>> {
    const handler = `attempt: async (...given) => { ${attempt} }`;
    const url = await this.folder.agent("agent.ts", handler, before);
    return await this.boxes.spawn<Attempt>(url, "process", { box });
  }

  /** Runs `action` while the witness is asked without a pause: every ask must be answered. */
  async undisturbed<T>(action: Promise<T>): Promise<T> {
    let over = false;
    const end = () => void (over = true);
    action.then(end, end);
    while (!over) assert.equal(await this.witness.ask.ping(), "pong");
    assert.equal(await this.witness.ask.ping(), "pong");
    return await action;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.boxes[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}
