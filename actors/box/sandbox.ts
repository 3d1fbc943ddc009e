/**
 * The walls inside of a process without permissions. The process itself is the sandbox: it has no
 * permission, no prompt, no import, no directory of its own. What is done here takes away the few
 * things that ask for no permission all the same.
 *
 * @module
 */

/**
 * The globals that an agent keeps: the language, and what computes on values or time. A list of what
 * may stay: what a later runtime adds is gone until somebody has looked at it.
 */
const KEPT: ReadonlySet<string> = new Set([
  // The language (ECMA-262)
  ...["Object", "Function", "Array", "Number", "parseFloat", "parseInt", "Infinity", "NaN"],
  ...["undefined", "Boolean", "String", "Symbol", "Date", "Promise", "RegExp", "Error"],
  ...["AggregateError", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError"],
  ...["URIError", "SuppressedError", "globalThis", "JSON", "Math", "Intl", "ArrayBuffer"],
  ...["SharedArrayBuffer", "Atomics", "Uint8Array", "Int8Array", "Uint16Array", "Int16Array"],
  ...["Uint32Array", "Int32Array", "BigUint64Array", "BigInt64Array", "Uint8ClampedArray"],
  ...["Float16Array", "Float32Array", "Float64Array", "DataView", "Map", "BigInt", "Set"],
  ...["Iterator", "WeakMap", "WeakSet", "WeakRef", "Proxy", "Reflect", "FinalizationRegistry"],
  ...["DisposableStack", "AsyncDisposableStack", "Temporal", "WebAssembly", "decodeURI"],
  ...["decodeURIComponent", "encodeURI", "encodeURIComponent", "escape", "unescape", "eval"],
  ...["isFinite", "isNaN"],
  // Time, text, events, streams, digests: all of it inside of the process
  ...["self", "console", "queueMicrotask", "setTimeout", "clearTimeout", "setInterval"],
  ...["clearInterval", "setImmediate", "clearImmediate", "structuredClone", "reportError", "atob"],
  ...["btoa", "performance", "crypto", "AbortController", "AbortSignal", "Event", "EventTarget"],
  ...["CustomEvent", "ErrorEvent", "PromiseRejectionEvent", "MessageEvent", "MessageChannel"],
  ...["MessagePort", "DOMException", "TextDecoder", "TextEncoder", "TextDecoderStream"],
  ...["TextEncoderStream", "ReadableStream", "WritableStream", "TransformStream"],
  ...["ReadableStreamDefaultReader", "ReadableStreamBYOBReader", "WritableStreamDefaultWriter"],
  ...["ByteLengthQueuingStrategy", "CountQueuingStrategy", "CompressionStream"],
  ...["DecompressionStream", "URL", "URLSearchParams", "URLPattern", "Blob", "CryptoKey"],
  ...["Crypto", "SubtleCrypto"],
]);

/** Every permission that there is. */
export const PERMISSION_NAMES = [
  ...["read", "write", "net", "env", "sys", "run", "ffi", "import"] as const,
];

/**
 * Gives up every permission but those named; what is given up cannot be had again.
 *
 * @throws {Error} when one is still held after that
 */
export function revokePermissions(kept: readonly string[]): void {
  for (const name of PERMISSION_NAMES) {
    if (kept.includes(name)) continue;
    const descriptor = { name } as Deno.PermissionDescriptor;
    Deno.permissions.revokeSync(descriptor);
    const { state } = Deno.permissions.querySync(descriptor);
    if (state === "granted") throw new Error(`the permission "${name}" could not be given up`);
  }
}

/**
 * Takes away every global that is not on the list, for good.
 *
 * @throws {Error} when one stays, or when code can be made out of text: nothing may run then
 */
export function closeGlobals(): void {
  for (const key of Object.getOwnPropertyNames(globalThis)) {
    if (KEPT.has(key)) continue;
    Reflect.deleteProperty(globalThis, key);
    if (key in globalThis) {
      Object.defineProperty(globalThis, key, { value: undefined, writable: false });
    }
  }
  // Digests are cheap; keys can be derived for minutes, on threads that are not the agent's own.
  for (const name of Object.getOwnPropertyNames(SubtleCrypto.prototype)) {
    if (name !== "digest" && name !== "constructor") {
      Reflect.deleteProperty(SubtleCrypto.prototype, name);
    }
  }
  // Its constructor is the runtime's own class of global objects.
  Object.defineProperty(globalThis, "constructor", { value: Object, configurable: false });
  if (compiles()) throw new Error("code can be made out of text, which its V8 flag should forbid");
}

/** Whether `new Function` works: a computed `import()` could then be written into its text. */
function compiles(): boolean {
  try {
    return Reflect.construct(Function, ["return true"])() === true;
  } catch {
    return false; // an EvalError: as it should be
  }
}
