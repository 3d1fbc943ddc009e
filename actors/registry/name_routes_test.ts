import assert from "node:assert/strict";
import { EndedError, MailboxFullError } from "../errors.ts";
import { NameRoutes } from "./name_routes.ts";

const A = { shard: 1, slot: 10 };
const B = { shard: 2, slot: 20 };

/** Routes whose look-ups the test answers. */
function setting(bound?: number): {
  readonly routes: NameRoutes<number>;
  readonly lookUps: string[];
  readonly fates: string[];
  readonly errors: Error[];
} {
  const lookUps: string[] = [];
  const fates: string[] = [];
  const errors: Error[] = [];
  const routes = new NameRoutes<number>({
    lookUp: (name) => lookUps.push(name),
    deliver: ({ shard, slot }, message) => fates.push(`${message} to ${shard}.${slot}`),
    bury: (name, message, reason, error) => {
      fates.push(`${message} to ${name}: ${reason}`);
      errors.push(error());
    },
  }, bound);
  return { routes, lookUps, fates, errors };
}

Deno.test("NameRoutes looks a name up once, and sends on what was held in order", () => {
  const { routes, lookUps, fates } = setting();
  for (const message of [1, 2, 3]) routes.route("clock", message);
  assert.equal(routes.address("clock"), undefined);
  assert.deepEqual(fates, []);
  routes.told("clock", A);
  routes.route("clock", 4);
  assert.equal(routes.address("clock"), A);
  assert.deepEqual(lookUps, ["clock"]);
  assert.deepEqual(fates, ["1 to 1.10", "2 to 1.10", "3 to 1.10", "4 to 1.10"]);
});

Deno.test("NameRoutes looks a name up anew when it was released, and when nobody held it", () => {
  const { routes, lookUps, fates, errors } = setting();
  routes.route("clock", 1);
  routes.told("clock", A);
  routes.told("clock", undefined);
  assert.equal(routes.size, 0);
  routes.route("clock", 2);
  routes.told("clock", undefined);
  routes.route("clock", 3);
  routes.told("clock", B);
  assert.equal(lookUps.length, 3);
  assert.deepEqual(fates, ["1 to 1.10", "2 to clock: no-such-actor", "3 to 2.20"]);
  assert(errors[0] instanceof EndedError);
  assert.equal(errors[0].data.reason, "no-such-actor");
});

Deno.test("NameRoutes refuses a message more than may wait for one name, and no other's", () => {
  const { routes, fates, errors } = setting(2);
  for (const message of [1, 2, 3]) routes.route("clock", message);
  routes.route("door", 4);
  assert.deepEqual(fates, ["3 to clock: mailbox-full"]);
  assert(errors[0] instanceof MailboxFullError);
  routes.told("clock", A);
  routes.route("clock", 5);
  assert.deepEqual(fates.slice(1), ["1 to 1.10", "2 to 1.10", "5 to 1.10"]);
});

Deno.test("NameRoutes sends what comes while it empties a queue after what is in it", () => {
  const fates: number[] = [];
  const routes: NameRoutes<number> = new NameRoutes<number>({
    lookUp: () => {},
    deliver: (_to, message) => {
      fates.push(message);
      if (message === 1) routes.route("clock", 3);
    },
    bury: () => assert.fail("somebody holds it"),
  });
  routes.route("clock", 1);
  routes.route("clock", 2);
  routes.told("clock", A);
  assert.deepEqual(fates, [1, 2, 3]);
});

Deno.test("NameRoutes takes an answer that comes at once", () => {
  const fates: number[] = [];
  const routes: NameRoutes<number> = new NameRoutes<number>({
    lookUp: (name) => routes.told(name, A),
    deliver: (_to, message) => fates.push(message),
    bury: () => assert.fail("somebody holds it"),
  });
  routes.route("clock", 1);
  routes.route("clock", 2);
  assert.deepEqual(fates, [1, 2]);
});

Deno.test("NameRoutes.close() fails what is held, and news that comes later changes nothing", () => {
  const { routes, fates } = setting();
  routes.route("clock", 1);
  routes.close();
  routes.told("clock", A);
  assert.deepEqual(fates, ["1 to clock: no-such-actor"]);
  assert.equal(routes.size, 0);
});
