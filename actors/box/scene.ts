import { runBundler } from "./bundler.ts";
import type { LaunchScene } from "./launch.ts";
import { PERMISSION_NAMES } from "./sandbox.ts";

let scene: Promise<LaunchScene> | undefined;

/** What launches depend on, found out once. */
export function launchScene(): Promise<LaunchScene> {
  return scene ??= findOut().catch((error) => {
    scene = undefined;
    throw error;
  });
}

async function findOut(): Promise<LaunchScene> {
  return {
    executable: Deno.execPath(),
    hostUrl: Deno.build.standalone ? undefined : await hostUrl(),
    shell: await firstOf(["/bin/sh", "/usr/bin/sh"]),
    setpriv: await firstOf(["/usr/bin/setpriv", "/bin/setpriv"]),
    held: PERMISSION_NAMES.filter((name) =>
      Deno.permissions.querySync({ name } as Deno.PermissionDescriptor).state === "granted"
    ),
  };
}

/**
 * The host as one `data:` module: nothing has to be read, compiled or cached when a process starts.
 */
async function hostUrl(): Promise<string> {
  const main = new URL("./process_main.ts", import.meta.url);
  if (Deno.build.os === "windows") return main.href; // its command lines are too short
  const { outputFiles } = await runBundler({
    entryPoints: [decodeURIComponent(main.pathname)],
    external: ["node:*"],
    minifyWhitespace: true,
    minifySyntax: true,
  });
  return `data:text/javascript;base64,${outputFiles![0]!.contents.toBase64()}`;
}

async function firstOf(paths: readonly string[]): Promise<string | undefined> {
  if (Deno.build.os === "windows") return undefined;
  for (const path of paths) {
    try {
      if ((await Deno.stat(path)).isFile) return path;
    } catch {
      // not there: the next one
    }
  }
  return undefined;
}
