import type { Pattern, Topic } from "../names/mod.ts";
import { sha256 } from "../security/mod.ts";

/** Longest name in the DHT, in bytes. */
const MAX_PROVIDER_NAME_BYTES = 255;

/** The root under which those meet who take part in a realm beyond one root. */
const ANY_ROOT = "**";

/**
 * The names in the DHT under which a subscriber is found and finds publishers:
 * `topic/<realm id>/<root>`. The root is the first segment after the realm; a pattern with a
 * wildcard there has the root `**`.
 *
 * @param realmKey the realm's id, in hex
 */
export function subscriberNames(realmKey: string, pattern: Pattern): string[] {
  const root = pattern.segments[1] as string;
  return [named("topic", realmKey, root === "*" ? ANY_ROOT : root)];
}

/** The same for a publisher, who meets subscribers of its root and those of every root. */
export function publisherNames(realmKey: string, topic: Topic): string[] {
  return [
    named("topic", realmKey, topic.segments[1] as string),
    named("topic", realmKey, ANY_ROOT),
  ];
}

/** The name in the DHT of those who serve a procedure: `proc/<realm id>/<name>`. */
export function serverName(realmKey: string, procedure: Topic): string {
  return named("proc", realmKey, procedure.segments.slice(1).join("/"));
}

/** What is too long for the DHT goes by its hash there. */
function named(kind: "topic" | "proc", realmKey: string, rest: string): string {
  const name = `${kind}/${realmKey}/${rest}`;
  const bytes = new TextEncoder().encode(name);
  if (bytes.length <= MAX_PROVIDER_NAME_BYTES) return name;
  return `${kind}/${realmKey}/sha256:${sha256(bytes).toHex()}`;
}
