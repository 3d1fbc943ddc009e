import { type ActorDefinition, defineActor, type Handlers, type Ref } from "../actors/mod.ts";
import type { Procedure, Realm } from "./mesh_protocol.ts";
import { passOn } from "./pass_on.ts";
import { whenGone } from "./when_gone.ts";

/** What a procedure is started with. */
export type ProcedureStart = {
  readonly name: string;
  readonly target: Ref<Handlers>;
  readonly handler: string;
};

/** A procedure that this node serves: passes calls on to the actor behind it, many at a time. */
const procedure: ActorDefinition<[ProcedureStart, Ref<Realm>], Procedure> = defineActor(
  import.meta,
  (ctx, start: ProcedureStart, realm: Ref<Realm>) => {
    const { name, target, handler } = start;
    whenGone(ctx, target, () => realm.tell.serverEnded("procedure", name, target));
    return {
      invoke(args: Uint8Array): Promise<Uint8Array> {
        return passOn(ctx, target, handler, args, "ask");
      },
    };
  },
);
export default procedure;
