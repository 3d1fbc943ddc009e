import assert from "node:assert/strict";
import { quiche, quicheAvailable, quicheFailure, unavailableMessage } from "./quiche.ts";

Deno.test("quiche() has what the endpoint drives", () => {
  assert(quicheAvailable);
  assert.equal(quiche(), quiche());
  assert(quiche().versionIsSupported(1));
  assert.equal(typeof quiche().Connection.connect, "function");
});

Deno.test("quicheFailure() reads kind and code", () => {
  assert.deepEqual(quicheFailure(new Error("StreamReset(77)")), { kind: "StreamReset", code: 77 });
  assert.deepEqual(quicheFailure(new Error("StreamLimit")), { kind: "StreamLimit", code: 0 });
});

Deno.test("quicheFailure() does not take other errors for quiche's", () => {
  assert.equal(quicheFailure(new Error("it broke: StreamLimit")).kind, "Unknown");
  assert.equal(quicheFailure("StreamLimit").kind, "Unknown");
});

Deno.test("unavailableMessage() tells a missing permission from a missing build", () => {
  const refused = unavailableMessage("x86_64-linux", new Deno.errors.NotCapable("no"));
  assert.match(refused, /--allow-ffi/);
  const missing = unavailableMessage("aarch64-linux", new Error("Cannot find module"));
  assert.match(missing, /aarch64-linux/);
  assert.match(missing, /x86_64-linux/);
});

Deno.test("quiche.ts loads without --allow-ffi, and says what is missing", async () => {
  const url = import.meta.resolve("./quiche.ts");
  const program = `const { quiche, quicheAvailable } = await import("${url}");
    try { quiche(); } catch (error) { console.log(quicheAvailable, error.name, error.message); }`;
  const child = await new Deno.Command(Deno.execPath(), {
    args: [
      ...[
        "run",
        "--quiet",
        "--no-prompt",
        "--no-lock",
        "--no-check",
        "--allow-read",
        "--allow-env",
      ],
      `--config=${new URL("../deno.json", import.meta.url).pathname}`,
      `data:application/typescript,${encodeURIComponent(program)}`,
    ],
  }).output();
  const said = new TextDecoder().decode(child.stdout);
  assert.match(said, /^false QuicheUnavailableError .*--allow-ffi/, said);
});

Deno.test("quiche() is not loaded in a Worker, where it corrupts memory, and says so", async () => {
  const url = new URL("./quiche.ts", import.meta.url).href;
  const code = `
    const { quiche, quicheAvailable } = await import("${url}");
    let message = "";
    try {
      quiche();
    } catch (error) {
      message = error.message;
    }
    postMessage({ quicheAvailable, message });
  `;
  const worker = new Worker(`data:application/javascript,${encodeURIComponent(code)}`, {
    type: "module",
  });
  const { data } = await new Promise<MessageEvent>((resolve) => worker.onmessage = resolve);
  worker.terminate();
  assert.equal(data.quicheAvailable, false);
  assert.match(data.message, /not safe in a Worker/);
});
