/** A folder of agents that a test writes, gone with the test. */
export class AgentFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<AgentFolder> {
    return new AgentFolder(await Deno.realPath(await Deno.makeTempDir({ prefix: "agents-" })));
  }

  /** Writes a file; gives its URL. */
  async write(name: string, text: string): Promise<URL> {
    const path = `${this.path}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
    return new URL(`file://${path}`);
  }

  /** Writes an agent whose handlers are these, with imports and the like before it. */
  agent(name: string, handlers: string, before = ""): Promise<URL> {
    return this.write(
      name,
      `import { defineActor } from "@macula/mesh";\n${before}\n` +
        `export default defineActor(import.meta, (ctx, ...args) => ({ ${handlers} }));\n`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
