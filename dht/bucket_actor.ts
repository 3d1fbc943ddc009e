import { type ActorDefinition, defineActor } from "../actors/mod.ts";
import { Bucket } from "./bucket.ts";
import type { Contact } from "./contact.ts";
import type { BucketActor } from "./dht_inside.ts";

/** One bucket of the routing table; its contacts survive its restarts. */
const bucket: ActorDefinition<[], BucketActor> = defineActor(import.meta, (ctx): BucketActor => {
  const bucket = new Bucket();
  for (const contact of ctx.kept<Contact[]>() ?? []) bucket.seen(contact);
  ctx.keep(() => bucket.contacts);
  return {
    seen: (contact) => bucket.seen(contact),
    failed: (peer) => bucket.failed(peer),
    remove: (peer) => bucket.remove(peer),
    list: () => ({ contacts: bucket.contacts, replacements: bucket.replacements }),
  };
});
export default bucket;
