import assert from "node:assert/strict";
import { EndedError } from "./mod.ts";
import { guarantee } from "./testing/conformance.ts";

guarantee("state() shows what an actor keeps, between two messages", async (s) => {
  const [probe, gate] = [await s.probe(), await s.gate()];
  await probe.ask.keepLog();
  probe.tell.hold(gate, "a");
  await gate.ask.arrived(1);
  const state = s.system.state(probe);
  probe.tell.note("later");
  gate.tell.open();
  assert.deepEqual(await state, ["in a", "out a"]);
  await probe.ask.note("last");
  assert.deepEqual(await s.system.state(probe), ["in a", "out a", "later", "last"]);
});

guarantee("state() of an actor that keeps nothing, or has ended, is refused", async (s) => {
  const probe = await s.probe();
  await assert.rejects(s.system.state(probe), { code: "no-state", message: /ctx\.keep/ });
  await probe.ask.stop();
  await s.down(probe);
  await assert.rejects(s.system.state(probe), EndedError);
});
