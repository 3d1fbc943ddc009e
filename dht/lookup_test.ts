import assert from "node:assert/strict";
import fc from "fast-check";
import { Bucket } from "./bucket.ts";
import { ALPHA, K, LOOKUP_PATIENCE_MS, MAX_ASKED_PER_PATH, SLOW_MS } from "./constants.ts";
import type { Contact } from "./contact.ts";
import { commonPrefix, compareDistance, keyBytes, keyText } from "./key.ts";
import { isCriticalName, Lookup } from "./lookup.ts";

const points = fc.uint8Array({ minLength: 32, maxLength: 32 });
const self = keyText(new Uint8Array(32));
const contact = (peer: string): Contact => ({ peer, addresses: [{ host: "127.0.0.1", port: 1 }] });

/** Five nodes, closest to zero first. */
const five = [1, 2, 3, 4, 5].map((i) => contact(keyText(new Uint8Array(32).fill(i))));

/** A static network in memory: every node has the buckets that it would have. */
class Network {
  readonly ids: readonly string[];
  readonly #tables = new Map<string, Contact[]>();

  constructor(count: number, random: () => number) {
    const bytes = () => Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256));
    this.ids = Array.from({ length: count }, () => keyText(bytes()));
    const known = this.ids.map((peer) => ({ contact: contact(peer), id: keyBytes(peer) }));
    for (const { contact: own, id } of known) {
      const buckets = new Map<number, Bucket>();
      for (const other of known) {
        if (other.contact.peer === own.peer) continue;
        const prefix = commonPrefix(id, other.id);
        const bucket = buckets.get(prefix) ?? new Bucket();
        buckets.set(prefix, bucket);
        if (bucket.size < K) bucket.seen(other.contact);
      }
      this.#tables.set(own.peer, [...buckets.values()].flatMap(({ contacts }) => contacts));
    }
  }

  closest(target: Uint8Array, of: readonly string[] = this.ids): string[] {
    return closest(target, of).slice(0, K);
  }

  answer(peer: string, target: Uint8Array): Contact[] {
    const known = (this.#tables.get(peer) ?? []).map((one) => one.peer);
    return this.closest(target, known).map(contact);
  }
}

function closest(target: Uint8Array, of: readonly string[]): string[] {
  return of.map((peer) => ({ peer, id: keyBytes(peer) }))
    .sort((a, b) => compareDistance(target, a.id, b.id))
    .map(({ peer }) => peer);
}

/** Runs a lookup; `answer` is a node's answer, or the code of its failure. */
function run(
  lookup: Lookup,
  answer: (peer: string) => readonly Contact[] | string,
  pick: (waiting: number) => number = () => 0,
): string[] {
  const asked: string[] = [];
  const waiting: string[] = [];
  for (let turn = 0;; turn++) {
    assert(turn < 10_000, "it does not end");
    for (const { peer } of lookup.next(turn)) {
      asked.push(peer);
      waiting.push(peer);
    }
    const [peer] = waiting.splice(pick(waiting.length), 1);
    if (peer === undefined) break;
    const reply = answer(peer);
    if (typeof reply === "string") lookup.failed(peer, reply, turn);
    else lookup.answered(peer, reply, turn);
  }
  assert(lookup.done(0));
  return asked;
}

/** A small linear generator (Numerical Recipes), so that a network is the same in every run. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

Deno.test("Lookup finds the k closest of 600 nodes, asks each once and few in all", () => {
  const network = new Network(600, seeded(7));
  const random = seeded(11);
  for (let i = 0; i < 40; i++) {
    const target = Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256));
    const from = network.ids[i] as string;
    const contacts = network.answer(from, target);
    const lookup = new Lookup({ target, self: from, contacts, paths: i % 2 === 0 ? 4 : 8 });
    const asked = run(
      lookup,
      (peer) => network.answer(peer, target),
      (n) => Math.floor(random() * n),
    );
    const others = network.ids.filter((peer) => peer !== from);
    assert.deepEqual(lookup.closest.map(({ peer }) => peer), network.closest(target, others));
    assert.equal(new Set(asked).size, asked.length, "a node was asked twice");
    assert(!asked.includes(from), "it asked itself");
    assert(asked.length < 120, `${asked.length} nodes were asked`);
  }
});

Deno.test("Lookup finds most of the k closest that live when a third of the network is dead", () => {
  const network = new Network(300, seeded(3));
  const random = seeded(5);
  const dead = new Set(network.ids.filter(() => random() < 1 / 3));
  const living = network.ids.filter((peer) => !dead.has(peer));
  let found = 0;
  for (let i = 0; i < 20; i++) {
    const target = Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256));
    const from = living[i] as string;
    const lookup = new Lookup({ target, self: from, contacts: network.answer(from, target) });
    run(lookup, (peer) => dead.has(peer) ? "timeout" : network.answer(peer, target));
    const wanted = new Set(network.closest(target, living.filter((peer) => peer !== from)));
    found += lookup.closest.filter(({ peer }) => wanted.has(peer)).length;
  }
  // The dead hold places in answers: what every teller leaves out for them cannot be found.
  assert(found >= 0.75 * 20 * K, `${found} of 20 times the ${K} closest were found`);
});

Deno.test("Lookup ends, and asks nobody twice or itself, whatever is answered", () => {
  const peers = fc.array(points.map(keyText), { minLength: 1, maxLength: 60 });
  const answers = fc.func(
    fc.oneof(fc.constantFrom("timeout", "bad-reply"), fc.array(fc.nat(59), { maxLength: 40 })),
  );
  fc.assert(
    fc.property(peers, points, answers, fc.integer({ min: 1, max: 8 }), (ids, target, reply, d) => {
      const all = [self, ...ids];
      const contacts = ids.slice(0, 5).map(contact);
      const lookup = new Lookup({ target, self, contacts, paths: d });
      const asked = run(lookup, (peer) => {
        const answer = reply(peer) as string | number[];
        if (typeof answer === "string") return answer;
        return answer.map((i) => contact(all[i % all.length] as string));
      });
      assert.equal(new Set(asked).size, asked.length);
      assert(!asked.includes(self));
      assert.equal(lookup.hops.length, asked.length);
    }),
  );
});

Deno.test("Lookup does not follow for ever a liar who always knows somebody closer", () => {
  const target = new Uint8Array(32);
  let made = 0xffff_ffff;
  const closer = () => {
    const id = new Uint8Array(32).fill(0xff);
    new DataView(id.buffer).setUint32(0, --made);
    return contact(keyText(id));
  };
  const lookup = new Lookup({ target, self, contacts: [closer()] });
  assert.equal(run(lookup, () => Array.from({ length: K }, closer)).length, MAX_ASKED_PER_PATH);
});

Deno.test("Lookup takes k contacts of one answer, and none from a path to another", () => {
  const target = new Uint8Array(32);
  const id = (first: number, second: number) => {
    const bytes = new Uint8Array(32).fill(7);
    bytes[0] = first;
    bytes[1] = second;
    return keyText(bytes);
  };
  const liar = id(1, 0);
  const honest = id(2, 0);
  const lookup = new Lookup({ target, self, contacts: [liar, honest].map(contact), paths: 2 });
  const theirs = Array.from({ length: 100 }, (_, i) => id(0, i));
  const asked = run(lookup, (peer) => peer === liar ? theirs.map(contact) : []);
  assert.equal(asked.length, 2 + K, "what the liar told of was followed on its own path, bounded");
  const own = lookup.hops.find(({ peer }) => peer === honest);
  assert.deepEqual([own?.path, own?.depth, own?.outcome], [1, 0, "ok"]);
  assert(lookup.hops.filter(({ depth }) => depth === 1).every(({ path }) => path === 0));
});

Deno.test("Lookup.end() asks nobody any more, and waits for nobody", () => {
  const lookup = new Lookup({ target: new Uint8Array(32), self, contacts: five, paths: 1 });
  const [asked] = lookup.next(0) as [Contact];
  lookup.end();
  assert.deepEqual(lookup.next(0), []);
  assert(lookup.done(0));
  assert.equal(lookup.nextAt(0), undefined);
  lookup.failed(asked.peer, "timeout", 1);
  assert.throws(() => lookup.answered(five[4]?.peer ?? "", [], 2), RangeError);
});

Deno.test("Lookup asks another in the place of one that is slow", () => {
  const lookup = new Lookup({ target: new Uint8Array(32), self, contacts: five, paths: 1 });
  assert.deepEqual(lookup.next(0), five.slice(0, ALPHA));
  assert.equal(lookup.nextAt(0), SLOW_MS);
  assert.deepEqual(lookup.next(SLOW_MS - 1), []);
  assert.deepEqual(lookup.next(SLOW_MS), five.slice(ALPHA));
  assert.equal(lookup.nextAt(SLOW_MS), 2 * SLOW_MS);
});

Deno.test("Lookup waits for the slow so long after the last answer, and takes theirs till then", () => {
  const lookup = new Lookup({ target: new Uint8Array(32), self, contacts: five, paths: 1 });
  lookup.next(0);
  lookup.next(SLOW_MS);
  lookup.answered(five[4]?.peer ?? "", [], SLOW_MS + 100);
  lookup.answered(five[0]?.peer ?? "", [], SLOW_MS + 200);
  const end = SLOW_MS + 200 + LOOKUP_PATIENCE_MS;
  assert.equal(lookup.nextAt(2 * SLOW_MS), end);
  assert(!lookup.done(end - 1));
  assert(lookup.done(end));
  assert.deepEqual(lookup.closest, [five[0], five[4]]);
});

Deno.test("Lookup ends by the times that it names itself, whoever is silent", () => {
  const ids = fc.uniqueArray(points.map(keyText), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(ids, points, fc.array(fc.boolean(), { minLength: 60 }), (all, target, silent) => {
      const lookup = new Lookup({ target, self, contacts: all.slice(0, 5).map(contact) });
      const asked = new Set<string>();
      let now = 0;
      for (let turn = 0; !lookup.done(now); turn++) {
        assert(turn < 1_000, "it does not end");
        const questions = lookup.next(now);
        for (const { peer } of questions) {
          assert(!asked.has(peer), "a node was asked twice");
          asked.add(peer);
          if (!silent[all.indexOf(peer)]) lookup.answered(peer, all.map(contact), now);
        }
        if (questions.length > 0 || lookup.done(now)) continue;
        const at = lookup.nextAt(now) ?? NaN;
        assert(at > now, `${at} is to be looked at again, and it is ${now}`);
        now = at;
      }
      const slots = Math.ceil(all.length / ALPHA);
      assert(now <= LOOKUP_PATIENCE_MS + slots * SLOW_MS, `it took ${now} ms`);
    }),
  );
});

Deno.test("isCriticalName() names keys, policies, revocations and authorities", () => {
  for (const name of ["key", "policy/realm", "policy/topic/lob/**", "revocation", "ca"]) {
    assert(isCriticalName(name), name);
  }
  for (const name of ["keys", "policy", "cat", "members", "x/policy/realm"]) {
    assert(!isCriticalName(name), name);
  }
});

Deno.test("Lookup tries a node where another path says that it is, when one path was lied to", () => {
  const [holder, liar, ...honest] = five as [Contact, Contact, ...Contact[]];
  const at = (port: number): Contact => ({ ...holder, addresses: [{ host: "127.0.0.1", port }] });
  const lookup = new Lookup({ target: keyBytes(holder.peer), self, contacts: [liar, ...honest] });
  lookup.next(0);
  lookup.answered(liar.peer, [at(9)], 1);
  assert.deepEqual(lookup.next(1), [at(9)]);
  lookup.failed(holder.peer, "unreachable", 2);
  for (const { peer } of honest) lookup.answered(peer, [at(4_433)], 3);
  assert.deepEqual(lookup.next(3), [at(4_433)], "once, though three paths know of it");
  lookup.answered(holder.peer, [], 4);
  assert.deepEqual(lookup.closest[0]?.peer, holder.peer);
  assert.deepEqual(lookup.next(4), []);
});

Deno.test("Lookup does not ask a node again that failed otherwise than by its place", () => {
  const [holder, liar, honest] = five as [Contact, Contact, Contact];
  const elsewhere = { ...holder, addresses: [{ host: "127.0.0.1", port: 7 }] };
  const lookup = new Lookup({ target: keyBytes(holder.peer), self, contacts: [liar, honest] });
  lookup.next(0);
  lookup.answered(liar.peer, [holder], 1);
  lookup.next(1);
  lookup.failed(holder.peer, "bad-reply", 2);
  lookup.answered(honest.peer, [elsewhere], 3);
  assert.deepEqual(lookup.next(3), []);
});
