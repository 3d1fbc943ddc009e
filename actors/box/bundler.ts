import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ChildProcess } from "node:child_process";
import { env } from "node:process";
import type { BuildOptions, BuildResult } from "esbuild";
import { BUNDLER_MB, BUNDLER_MS } from "./constants.ts";

/** The bundler's process, the latest that was started. */
let program: { readonly process: ChildProcess; readonly ended: Promise<void> } | undefined;

/** The build that was asked for last: they are made one after another. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Runs the bundler: esbuild, the native program, which starts in 20 ms where its WebAssembly form
 * takes 750. It is loaded when it is first needed, as most shards never need it.
 *
 * Its input is not trusted, and 500 bytes of it can ask for gigabytes (constants that double). So each
 * build has a process of its own, which is killed after {@link BUNDLER_MS}, and may take
 * {@link BUNDLER_MB} of memory where the system has `prlimit`.
 *
 * @throws {Error} (rejects) when it fails, or was killed
 */
export function runBundler(options: BuildOptions): Promise<BuildResult> {
  const made = last.then(() => runAlone(options));
  last = made.catch(() => {/* whoever asked for it is told */});
  return made;
}

async function runAlone(options: BuildOptions): Promise<BuildResult> {
  const { build, stop } = await import("esbuild");
  env.GOTRACEBACK ??= "none"; // where it dies of its bounds, no pages of what it was doing
  let late = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let bounded: Promise<unknown> | undefined;
  try {
    const building = watchStart(() =>
      build({
        ...{ bundle: true, write: false, format: "esm", platform: "neutral", target: "esnext" },
        ...{ logLevel: "silent", legalComments: "none" },
        tsconfigRaw: {}, // none that lies around is read
        ...options,
      })
    );
    timer = setTimeout(() => {
      late = true;
      program?.process.kill("SIGKILL");
    }, BUNDLER_MS);
    bounded = boundMemory(program?.process.pid);
    return await building;
  } catch (error) {
    if (late) throw new Error(`it was not bundled within ${BUNDLER_MS} ms: it is too large`);
    throw error;
  } finally {
    clearTimeout(timer);
    await bounded;
    const done = program;
    done?.process.ref(); // without it nothing would wait for the end
    await stop();
    await done?.ended;
  }
}

/** Bounds the memory of a process that runs, where the system can. */
async function boundMemory(pid: number | undefined): Promise<void> {
  if (pid === undefined || Deno.build.os !== "linux") return;
  const limit = `--data=${BUNDLER_MB * 1_048_576}`;
  const io = { stdin: "null", stdout: "null", stderr: "null" } as const;
  try {
    await new Deno.Command("prlimit", { args: ["--pid", `${pid}`, limit], ...io }).output();
  } catch {
    // There is no such program (it is of util-linux): its time is bounded all the same.
  }
}

/** Runs what may start the bundler's process, and notes when that ends: `stop` does not wait. */
function watchStart<T>(action: () => T): T {
  const started = (message: unknown) => {
    const { process } = message as { process: ChildProcess };
    const ended = new Promise<void>((done) => process.once("close", () => done()));
    program = { process, ended };
  };
  subscribe("child_process", started);
  try {
    return action();
  } finally {
    unsubscribe("child_process", started);
  }
}
