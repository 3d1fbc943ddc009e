import assert from "node:assert/strict";
import { join } from "node:path";
import {
  type ActorContext,
  ActorError,
  ActorSystem,
  type Ref,
  type Terms,
} from "../../actors/mod.ts";
import { POLICY_TERM } from "./constants.ts";
import { loadPolicies } from "./load_policies.ts";
import { PolicyError } from "./policy_error.ts";
import policyResolver, { type PolicyResolver } from "./policy_resolver_actor.ts";
import { PolicyView } from "./policy_view.ts";
import type { PolicySnapshot } from "./snapshot.ts";

/** A folder with a policy file, a system, and the resolver in it. */
class Fixture implements AsyncDisposable {
  readonly view: PolicyView;

  private constructor(
    readonly folder: string,
    readonly system: ActorSystem,
    readonly resolver: Ref<PolicyResolver>,
  ) {
    this.view = new PolicyView(() => system.term<PolicySnapshot>(POLICY_TERM));
  }

  static async start(...texts: string[]): Promise<Fixture> {
    const folder = await Deno.makeTempDir();
    const paths = texts.map((_, i) => join(folder, `${i}.yaml`));
    for (const [i, path] of paths.entries()) await Deno.writeTextFile(path, texts[i]!);
    const system = await ActorSystem.start({ userShards: 0 });
    try {
      const args: [{ paths: string[] }, Ref<Terms>] = [{ paths }, system.terms];
      const resolver = await system.spawn(policyResolver, { args, placement: "here" });
      return new Fixture(folder, system, resolver);
    } catch (error) {
      await system.stop();
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
  }

  write(text: string): Promise<void> {
    return Deno.writeTextFile(join(this.folder, "0.yaml"), text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.system.stop();
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("The policy resolver publishes the snapshot of its files before it has started", async () => {
  await using fixture = await Fixture.start(
    "realms: { lob: { app: libsodium } }\n",
    "realms: { lob: { require: [e2e] } }\n",
  );
  const { resolver, system, view, folder } = fixture;
  const snapshot = await resolver.ask.snapshot();
  assert.deepEqual(system.term(POLICY_TERM), snapshot);
  assert.equal(snapshot.version, 1);
  assert.deepEqual(snapshot.files, [join(folder, "0.yaml"), join(folder, "1.yaml")]);
  assert.deepEqual(await resolver.ask.explain("lob/orders", null), view.resolve("lob/orders"));
  assert.equal(view.resolve("lob/orders").policy.app, "libsodium");
});

Deno.test("The policy resolver publishes an empty snapshot when there are no files", async () => {
  await using fixture = await Fixture.start();
  assert.deepEqual(fixture.system.term(POLICY_TERM), loadPolicies([], 1));
  assert.equal(fixture.view.resolve("lob/orders").policy.app, "none");
});

Deno.test("The policy resolver takes files that have changed as the next version", async () => {
  await using fixture = await Fixture.start("defaults: { app: none }\n");
  const { resolver, view } = fixture;
  const before = view.policyHash("lob");
  await fixture.write("defaults: { app: libsodium }\n");
  assert.equal(view.resolve("lob/x").policy.app, "none");
  assert.equal(await resolver.ask.reload(), 2);
  assert.equal(view.resolve("lob/x").policy.app, "libsodium");
  assert.notDeepEqual(view.policyHash("lob"), before);
  const resolution = await resolver.ask.explain("lob/x", "com.example.billing");
  assert.equal(resolution.snapshotVersion, 2);
  assert.equal(resolution.application, "com.example.billing");
  const versions = await Promise.all([1, 2, 3].map(() => resolver.ask.reload()));
  assert.deepEqual(versions, [3, 4, 5]);
});

Deno.test("The policy resolver keeps what held when its files are wrong, and says what is", async () => {
  await using fixture = await Fixture.start("defaults: { app: libsodium }\n");
  const { resolver, view, folder } = fixture;
  const path = join(folder, "0.yaml");
  await fixture.write("defaults: { app: libsodum }\nrealms: {}\n");
  await assert.rejects(resolver.ask.reload(), (error) => {
    assert(error instanceof PolicyError);
    assert.deepEqual(error.problems.map(({ place }) => place), [`${path}:1:18`, `${path}:2:1`]);
    return true;
  });
  await Deno.remove(path);
  await assert.rejects(resolver.ask.reload(), (error) => {
    return error instanceof PolicyError && error.message.startsWith(`${path}: cannot be read: `);
  });
  assert.equal((await resolver.ask.snapshot()).version, 1);
  assert.equal(view.resolve("lob/x").policy.app, "libsodium");
  await fixture.write("defaults: { app: none }\n");
  assert.equal(await resolver.ask.reload(), 2);
});

Deno.test("The policy resolver does not start on files that are wrong", async () => {
  await assert.rejects(Fixture.start("defaults: { app: noise-ik }\n"), (error) => {
    assert(error instanceof ActorError && error.code === "spawn");
    assert.match(error.message, /0\.yaml:1:18: app: "noise-ik" is not supported/);
    return true;
  });
});

Deno.test("The policy resolver refuses to explain what is no name, and lives on", async () => {
  await using fixture = await Fixture.start();
  const { resolver } = fixture;
  await assert.rejects(resolver.ask.explain("lob", null), /has a realm only/);
  await assert.rejects(resolver.ask.explain("lob/x", "a b"), /is no application's name/);
  assert.equal((await resolver.ask.explain("lob/x", null)).name, "lob/x");
});

Deno.test("The policy resolver goes on with what held when it is restarted", async () => {
  const text = "defaults: { app: libsodium }\n";
  const held = loadPolicies([{ path: "gone.yaml", text }], 5);
  const published: unknown[] = [];
  const context = { kept: () => held, keep: () => {} } as unknown as ActorContext;
  const put = (...term: unknown[]) => Promise.resolve(void published.push(term));
  const terms = { ask: { put } } as unknown as Ref<Terms>;
  const resolver = await policyResolver.factory(context, { paths: ["gone.yaml"] }, terms);
  assert.equal(resolver.snapshot(), held);
  assert.deepEqual(published, [[POLICY_TERM, held]]);
});
