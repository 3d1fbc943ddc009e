import { matches, type Pattern, type Topic } from "../names/mod.ts";

interface Audience {
  readonly topic: Topic;
  /** By peer, how many of its patterns match. */
  readonly peers: Map<string, number>;
}

/**
 * Which peers want which of a realm's topics. A peer may want a topic by many patterns; it is counted
 * how many, so that taking one back costs no more than having it made, whatever others it has: a peer
 * could keep the realm busy for ever otherwise.
 */
export class Audiences {
  readonly #topics = new Map<string, Audience>();

  /**
   * A topic is there now.
   *
   * @param wanted the peers that want it, once for each of their patterns
   * @returns each of them once
   */
  add(topic: Topic, wanted: Iterable<string>): readonly string[] {
    const peers = new Map<string, number>();
    for (const peer of wanted) peers.set(peer, (peers.get(peer) ?? 0) + 1);
    this.#topics.set(topic.text, { topic, peers });
    return [...peers.keys()];
  }

  /** A topic has gone. */
  delete(name: string): void {
    this.#topics.delete(name);
  }

  /** The topics that a pattern matches. */
  *matching(pattern: Pattern): Generator<string> {
    for (const { topic } of this.#topics.values()) if (matches(pattern, topic)) yield topic.text;
  }

  /** A peer has a pattern more; returns the topics that it did not want before. */
  subscribed(peer: string, pattern: Pattern): string[] {
    return this.#change(peer, pattern, 1);
  }

  /** A peer has a pattern less; returns the topics that it no longer wants. */
  unsubscribed(peer: string, pattern: Pattern): string[] {
    return this.#change(peer, pattern, -1);
  }

  /** A peer has gone; returns the topics that it wanted. */
  left(peer: string): string[] {
    const names: string[] = [];
    for (const { topic, peers } of this.#topics.values()) {
      if (peers.delete(peer)) names.push(topic.text);
    }
    return names;
  }

  #change(peer: string, pattern: Pattern, by: 1 | -1): string[] {
    const names: string[] = [];
    for (const { topic, peers } of this.#topics.values()) {
      if (!matches(pattern, topic)) continue;
      const before = peers.get(peer) ?? 0;
      const after = before + by;
      if (after > 0) peers.set(peer, after);
      else peers.delete(peer);
      if (before === 0 || after === 0) names.push(topic.text);
    }
    return names;
  }
}
