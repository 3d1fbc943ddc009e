/**
 * The bundle of an agent: its module and what that imports, as one module that imports nothing.
 *
 * Only code from files under one root gets in. Whatever else an import names is refused here, before
 * anything of the agent's runs, with the file and line; an `import()` of a computed specifier becomes
 * a call that throws, as the bundle holds no loader.
 *
 * @module
 */
import type { Loader, Message, OnResolveArgs, OnResolveResult, Plugin } from "esbuild";
import { dirname, extname, join, resolve, sep } from "node:path";
import { pathToFileURL as toFileUrl } from "node:url";
import { SpawnError } from "../errors.ts";
import * as face from "./agent_face.ts";
import { runBundler } from "./bundler.ts";
import {
  MAX_BUNDLE_BYTES,
  MAX_IMPORTS,
  MAX_PROBLEM_LENGTH,
  MAX_PROBLEMS,
  MAX_SOURCE_BYTES,
} from "./constants.ts";
import { FACE_KEY } from "./face_key.ts";
import { printable } from "./printable.ts";

/** What a bundle was made of: it is made anew when one of them has changed. */
export interface BundleInput {
  readonly path: string;
  readonly size: number;
  readonly mtime: number;
}

/** A bundled agent. */
export interface Bundle {
  readonly code: string;
  readonly inputs: readonly BundleInput[];
}

const LOADERS: Readonly<Record<string, Loader>> = {
  ...{ ".ts": "ts", ".mts": "ts", ".cts": "ts", ".tsx": "tsx" },
  ...{ ".js": "js", ".mjs": "js", ".cjs": "js", ".jsx": "jsx" },
};

/** The name that stands for `import.meta` in a bundle, once per module. */
const META = "__macula_import_meta";

/** This package's own faces: an import of one is an import of `@macula/mesh`. */
const OWN_FACES = ["../mod.ts", "../../mod.ts"].map((path) => new URL(path, import.meta.url).href);

/**
 * Bundles the agent of a module.
 *
 * @param url `file:` URL of the module
 * @param root the folder that it may import from; its own folder unless named
 * @throws {SpawnError} (rejects) when something is imported that may not be, or cannot be parsed;
 * each problem with file and line
 */
export async function bundleAgent(url: string, root?: string | URL): Promise<Bundle> {
  if (!url.startsWith("file:")) {
    throw new SpawnError(
      `${url} is no file: an actor in a process of its own is bundled from files`,
      { url },
    );
  }
  try {
    const entry = await Deno.realPath(new URL(url));
    const within = await Deno.realPath(root === undefined ? dirname(entry) : folderOf(root));
    if (!isUnder(entry, within)) {
      throw new SpawnError(`${url} is not under the root ${within}`, { url });
    }
    const inputs: BundleInput[] = [];
    const result = await runBundler({
      entryPoints: [entry],
      absWorkingDir: within,
      define: { "import.meta": META },
      supported: { "dynamic-import": false },
      keepNames: true, // errors are told apart by the names of their classes
      sourcemap: "inline",
      sourcesContent: false,
      sourceRoot: new URL(".", toFileUrl(join(within, "x"))).href,
      outfile: join(within, "agent.js"),
      plugins: [agentPlugin({ entry, url, root: within, inputs })],
    });
    const [output] = result.outputFiles ?? [];
    const made = output?.contents.length ?? 0;
    if (made > MAX_BUNDLE_BYTES) {
      throw new SpawnError(
        `${url} makes ${made} bytes of code: an agent in a process has ${MAX_BUNDLE_BYTES} at most`,
        { url },
      );
    }
    return { code: output?.text ?? "", inputs };
  } catch (error) {
    if (error instanceof SpawnError) throw error;
    throw new SpawnError(`${url} could not be loaded: ${printable(wordsOf(error))}`, { url });
  }
}

/** A root as the file system takes it: a path, or a URL, which may have travelled as a text. */
function folderOf(root: string | URL): string | URL {
  return typeof root === "string" && root.startsWith("file:") ? new URL(root) : root;
}

interface Scope {
  readonly entry: string;
  readonly url: string;
  readonly root: string;
  readonly inputs: BundleInput[];
}

function agentPlugin({ entry, url, root, inputs }: Scope): Plugin {
  return {
    name: "agent",
    setup(build) {
      let imports = 0;
      let problems = 0;
      build.onResolve({ filter: /.*/ }, async (args) => {
        // Each problem is told with its whole line: of a line of imports they would be quadratic.
        if (problems >= MAX_PROBLEMS) return { path: args.path, external: true };
        try {
          if (++imports > MAX_IMPORTS) throw new Error(`more than ${MAX_IMPORTS} imports`);
          return await resolveImport(args, root);
        } catch (error) {
          problems++;
          return { errors: [{ text: error instanceof Error ? error.message : String(error) }] };
        }
      });
      build.onLoad({ filter: /.*/, namespace: "face" }, () => ({ contents: faceModule() }));
      let bytes = 0;
      build.onLoad({ filter: /.*/, namespace: "file" }, async ({ path }) => {
        const { size, mtime, isFile } = await Deno.stat(path);
        // Reading a pipe or a device may never end.
        if (!isFile) return { errors: [{ text: `${path} is no ordinary file` }] };
        bytes += size;
        if (bytes > MAX_SOURCE_BYTES) {
          return {
            errors: [{ text: `the agent has more than ${MAX_SOURCE_BYTES} bytes of source` }],
          };
        }
        inputs.push({ path, size, mtime: mtime?.getTime() ?? 0 });
        // The bundler would read what the comment names, wherever that is.
        const source = (await Deno.readTextFile(path))
          .replace(/([#@][ \t]*sourceMappingURL)=/g, "$1 ");
        const meta = JSON.stringify({ url: path === entry ? url : toFileUrl(path).href });
        return {
          // On the first line, so that the numbers of lines stay.
          contents: `const ${META}=Object.freeze(${meta});${source.replace(/^#!/, "//")}`,
          loader: LOADERS[extname(path)] ?? "js",
        };
      });
    },
  };
}

/** Decides on one import: a file under the root, the face of this package, or an error. */
async function resolveImport(args: OnResolveArgs, root: string): Promise<OnResolveResult> {
  const { path, kind, importer } = args;
  if (kind === "entry-point") return { path };
  const shown = `import of "${path}"`;
  if (Object.keys(args.with).length > 0) {
    throw new Error(`${shown} with attributes: an agent in a process imports code alone`);
  }
  if (path === "@macula/mesh") return { path: "face", namespace: "face" };
  const isFile = /^\.{0,2}\//.test(path) || path.startsWith("file:");
  if (!isFile) {
    throw new Error(
      `${shown}: an agent in a process imports files by their path, and @macula/mesh`,
    );
  }
  const target = path.startsWith("file:")
    ? new URL(path)
    : toFileUrl(resolve(dirname(importer), path));
  if (OWN_FACES.includes(target.href)) return { path: "face", namespace: "face" };
  let real: string;
  try {
    real = await Deno.realPath(target);
  } catch (error) {
    throw new Error(`${shown}: ${error instanceof Error ? error.message : error}`);
  }
  if (!isUnder(real, root)) {
    throw new Error(`${shown}: it is outside of the root ${root}; name a wider one as box.root`);
  }
  if (!LOADERS[extname(real)]) {
    throw new Error(`${shown}: it is no code (${Object.keys(LOADERS).join(", ")})`);
  }
  return { path: real, namespace: "file" };
}

/** The module that stands for `@macula/mesh`: what the host provides, by the same names. */
function faceModule(): string {
  const names = Object.keys(face).map((name) => `export const ${name} = face.${name};`);
  return `const face = globalThis[Symbol.for(${JSON.stringify(FACE_KEY)})];\n${names.join("\n")}`;
}

function isUnder(path: string, root: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/** What the bundler found, one problem a line, each with its place. */
function wordsOf(error: unknown): string {
  const errors = (error as { errors?: Message[] }).errors;
  if (!Array.isArray(errors)) return error instanceof Error ? error.message : String(error);
  const words = errors.slice(0, MAX_PROBLEMS).map(({ text, location }) => {
    const whole = location ? `${location.file}:${location.line}: ${text}` : text;
    return whole.slice(0, MAX_PROBLEM_LENGTH);
  });
  if (errors.length > MAX_PROBLEMS) words.push(`and ${errors.length - MAX_PROBLEMS} more`);
  return words.join("\n");
}
