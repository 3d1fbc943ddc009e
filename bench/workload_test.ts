import assert from "node:assert/strict";
import {
  calls,
  callsInFlight,
  connects,
  type Dialler,
  digestOf,
  type Link,
  oneWay,
  patternBytes,
  publication,
  PublicationCheck,
  publications,
  roundTrips,
} from "./workload.ts";

const link: Link = {
  echo: (bytes) => Promise.resolve(bytes.slice()),
  send: (bytes) => Promise.resolve(bytes.length),
  lostPackets: () => 3,
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

function dialler(parts: Partial<Dialler>, of: Partial<Link> = {}): Dialler {
  return {
    connect: () => Promise.resolve({ ...link, ...of }),
    digest: () => Promise.resolve(digestOf([patternBytes(1_000)])),
    ...parts,
  };
}

Deno.test("connects() and roundTrips() time every one", async () => {
  assert.equal((await connects(dialler({}), 5)).latencies?.length, 5);
  assert.equal((await roundTrips(link.echo, 7, 64)).latencies?.length, 7);
});

Deno.test("roundTrips() notices one byte that came back changed, and a former echo", async () => {
  const flip = (bytes: Uint8Array) => Promise.resolve(bytes.with(63, 0));
  await assert.rejects(roundTrips(flip, 1, 64), /echo 0 of 64 bytes came back changed/);
  const stale = () => Promise.resolve(new Uint8Array(patternBytes(64)));
  await assert.rejects(roundTrips(stale, 2, 64), /changed/);
});

Deno.test("oneWay() counts lost packets, and notices missing and changed bytes", async () => {
  const bytes = patternBytes(1_000);
  assert.deepEqual((await oneWay(dialler({}), bytes)).counts, { lostPackets: 3 });
  const short = dialler({}, { send: () => Promise.resolve(999) });
  await assert.rejects(oneWay(short, bytes), /999 of 1000 bytes arrived/);
  const changed = dialler({ digest: () => Promise.resolve(digestOf([bytes.with(1, 0)])) });
  await assert.rejects(oneWay(changed, bytes), /arrived changed/);
});

Deno.test("PublicationCheck finds the last, a gap, a double, disorder and a mix of two", () => {
  const check = new PublicationCheck(2);
  assert.equal(check.take(publication(0)), false);
  assert.equal(check.take(publication(1)), true);

  for (const order of [[0, 2], [0, 0], [1]]) {
    const bad = new PublicationCheck(9);
    assert.throws(() => order.forEach((i) => bad.take(publication(i))), /was due, \d came/);
  }
  const mixed = publication(0);
  mixed.set(publication(1).subarray(128), 128);
  assert.throws(() => new PublicationCheck(9).take(mixed), /the end of publication 0/);
  assert.throws(() => new PublicationCheck(9).take("text"), /no byte array/);
});

Deno.test("publications() fails with what the subscriber found", async () => {
  const system = {
    expect: () => Promise.resolve(),
    publish: () => Promise.resolve(),
    arrived: () => Promise.reject(new Error("publication 3 was due, 4 came")),
  };
  await assert.rejects(publications(system, 10), /publication 3 was due, 4 came/);
});

Deno.test("calls() and callsInFlight() notice a wrong sum", async () => {
  const right = (a: number, b: number) => Promise.resolve(a + b);
  const wrong = (a: number, b: number) => Promise.resolve(a === 20 ? 0 : a + b);
  assert.equal((await calls(right, 30)).latencies?.length, 30);
  await assert.rejects(calls(wrong, 30), /the sum of 20 and 7 came back as 0/);
  await assert.rejects(callsInFlight(wrong, 30, 4), /came back as 0/);
});

Deno.test("callsInFlight() keeps exactly so many in flight, and makes every call once", async () => {
  let flying = 0;
  let most = 0;
  const seen = new Set<number>();
  const { latencies } = await callsInFlight(
    async (a, b) => {
      seen.add(a);
      most = Math.max(most, ++flying);
      await Promise.resolve();
      flying--;
      return a + b;
    },
    100,
    8,
  );
  assert.equal(most, 8);
  assert.equal(seen.size, 100);
  assert.equal(latencies?.length, 100);
});
