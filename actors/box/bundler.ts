import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ChildProcess } from "node:child_process";
import type { BuildOptions, BuildResult } from "esbuild";

/** Builds under way: the bundler's own process ends when there are none. */
let underWay = 0;

/** The bundler's process, the latest that was started. */
let program: { readonly process: ChildProcess; readonly ended: Promise<void> } | undefined;

/**
 * Runs the bundler: esbuild, the native program, which starts in 20 ms where its WebAssembly form
 * takes 750. It is loaded when it is first needed, as most shards never need it, and its process
 * has ended when the last build is done.
 */
export async function runBundler(options: BuildOptions): Promise<BuildResult> {
  const { build, stop } = await import("esbuild");
  underWay++;
  try {
    return await watchStart(() =>
      build({
        ...{ bundle: true, write: false, format: "esm", platform: "neutral", target: "esnext" },
        ...{ logLevel: "silent", legalComments: "none" },
        tsconfigRaw: {}, // none that lies around is read
        ...options,
      })
    );
  } finally {
    if (--underWay === 0) {
      const last = program;
      last?.process.ref(); // without it nothing would wait for the end
      await stop();
      await last?.ended;
    }
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
