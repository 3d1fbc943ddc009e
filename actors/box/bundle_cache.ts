import { type Bundle, bundleAgent, type BundleInput } from "./bundle.ts";
import { BUNDLES_KEPT } from "./constants.ts";

/** Bundles by module and root, the least recently used first. A failed one is not kept. */
const bundles = new Map<string, Promise<Bundle>>();

/**
 * The bundled agent of a module, made once for as long as none of its files changes.
 *
 * @throws {SpawnError} (rejects) see {@link bundleAgent}
 */
export async function agentCode(url: string, root: string | URL | undefined): Promise<string> {
  const key = `${root ?? ""}\n${url}`;
  const known = bundles.get(key);
  if (known) {
    const { code, inputs } = await known;
    if ((await Promise.all(inputs.map(isUnchanged))).every(Boolean)) return code;
    if (bundles.get(key) === known) bundles.delete(key);
  }
  const made = bundles.get(key) ?? bundleAgent(url, root);
  bundles.delete(key);
  bundles.set(key, made);
  made.catch(() => bundles.get(key) === made && bundles.delete(key));
  for (const oldest of bundles.keys()) {
    if (bundles.size <= BUNDLES_KEPT) break;
    bundles.delete(oldest);
  }
  return (await made).code;
}

async function isUnchanged({ path, size, mtime }: BundleInput): Promise<boolean> {
  try {
    const now = await Deno.stat(path);
    return now.isFile && now.size === size && now.mtime?.getTime() === mtime;
  } catch {
    return false; // gone: the bundler will say so
  }
}
