import assert from "node:assert/strict";
import { type BoxOptions, resolveBoxOptions } from "./box_options.ts";
import { launchCommand, type LaunchScene } from "./launch.ts";

const scene: LaunchScene = {
  ...{ executable: "deno", hostUrl: "data:host", shell: undefined, setpriv: undefined },
  held: ["read", "net"],
};
const launch = (box: BoxOptions = {}, changes: Partial<LaunchScene> = {}) =>
  launchCommand(resolveBoxOptions("process", box), { ...scene, ...changes });
const allowed = (box: BoxOptions) => launch(box).args.filter((arg) => arg.startsWith("--allow"));

Deno.test("launchCommand() starts the host without prompt, remote, npm and permissions", () => {
  const { command, args } = launch();
  assert.equal(command, "deno");
  assert.equal(args[0], "run");
  for (const flag of ["--no-prompt", "--no-remote", "--no-npm", "--cached-only", "--no-config"]) {
    assert.ok(args.includes(flag), flag);
  }
  assert.equal(args.some((arg) => /^-A$|^--allow/.test(arg)), false);
  assert.equal(args.at(-1), "data:host");
});

Deno.test("launchCommand() passes on no environment but the bounds of the heap", () => {
  const { env } = launch({ heapMb: 100 });
  assert.match(env.DENO_V8_FLAGS!, /--max-old-space-size=100/);
  assert.match(env.DENO_V8_FLAGS!, /--disallow-code-generation-from-strings/);
  assert.deepEqual(Object.keys(env).sort(), [
    ...["DENO_DIR", "DENO_NO_UPDATE_CHECK", "DENO_V8_FLAGS", "NO_COLOR"],
  ]);
});

Deno.test("launchCommand() grants what is named, and of what is inherited only what is held", () => {
  assert.deepEqual(
    allowed({ permissions: { net: true, read: ["/a", "/b"], run: false, env: [] } }),
    [
      ...["--allow-net", "--allow-read=/a,/b"],
    ],
  );
  assert.deepEqual(allowed({ permissions: { write: ["data", new URL("file:///a%20b")] } }), [
    `--allow-write=${Deno.cwd()}/data,/a b`,
  ]);
  assert.deepEqual(allowed({ permissions: "inherit" }), ["--allow-read", "--allow-net"]);
  assert.deepEqual(allowed({ permissions: { ffi: "inherit", net: "inherit" } }), ["--allow-net"]);
  assert.deepEqual(launch({ permissions: { net: true } }).args.slice(-2), ["data:host", "net"]);
});

Deno.test("launchCommand() binds the process to its owner and bounds its memory where it can", () => {
  const { command, args } = launch({ heapMb: 64, memoryMb: 448 }, {
    ...{ shell: "/bin/sh", setpriv: "/usr/bin/setpriv" },
  });
  assert.equal(command, "/bin/sh");
  assert.equal(args[1], 'ulimit -c 0; ulimit -d 1048576; exec nice -n 10 "$0" "$@"');
  assert.deepEqual(args.slice(2, 5), ["/usr/bin/setpriv", "--pdeathsig", "KILL"]);
});

Deno.test("launchCommand() of a compiled binary runs its own subcommand, with whole permissions", () => {
  const compiled = { hostUrl: undefined };
  assert.deepEqual(launch({}, compiled).args, ["actor-host"]);
  assert.deepEqual(launch({ permissions: { net: true } }, compiled).args, ["actor-host", "net"]);
  assert.throws(
    () => launch({ permissions: { read: ["/a"] } }, compiled),
    /box.permissions.read is a list: a compiled binary/,
  );
});
