import { type ActorContext, MAX_DEADLINE_MS, type Ref } from "../actors/mod.ts";
import { TOPIC_CACHE } from "./constants.ts";
import type { Topic } from "./mesh_protocol.ts";
import { whenGone } from "./when_gone.ts";

/** The topics that an actor has found, the last {@link TOPIC_CACHE} of them, while they live. */
export class TopicCache {
  readonly #ctx: ActorContext;
  readonly #find: (name: string) => Promise<Ref<Topic> | null>;
  readonly #topics = new Map<string, { readonly ref: Ref<Topic>; readonly watch: Disposable }>();

  /** @param find finds a topic that is not remembered */
  constructor(ctx: ActorContext, find: (name: string) => Promise<Ref<Topic> | null>) {
    this.#ctx = ctx;
    this.#find = find;
  }

  /** The topic of that name; `null` when there is none. */
  async get(name: string): Promise<Ref<Topic> | null> {
    const known = this.#topics.get(name);
    if (known) return known.ref;
    const ref = await this.#find(name);
    if (!ref) return null;
    const [oldest] = this.#topics.keys();
    if (oldest !== undefined && this.#topics.size >= TOPIC_CACHE) this.forget(oldest);
    const watch = whenGone(this.#ctx, ref, () => this.#topics.delete(name));
    // Its asks wait as long as the slowest subscriber makes them; made once, as this is a hot path.
    const patient = ref.with({ deadlineMs: MAX_DEADLINE_MS });
    this.#topics.set(name, { ref: patient, watch });
    return patient;
  }

  /** Forgets a topic that turned out to have ended. */
  forget(name: string): void {
    this.#topics.get(name)?.watch[Symbol.dispose]();
    this.#topics.delete(name);
  }
}
