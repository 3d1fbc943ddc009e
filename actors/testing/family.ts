import {
  type ActorError,
  type BoxOptions,
  defineActor,
  type HandlersOf,
  type Placement,
  type Ref,
  type Restart,
  type SupervisionOptions,
} from "../mod.ts";
import type { Journal } from "./journal.ts";
import relative, { type Relative } from "./relative.ts";

/** How a family is to start a child. */
export interface RelativeOptions {
  readonly placement: Placement;
  readonly box?: BoxOptions;
  readonly restart?: Restart;
  readonly shutdownMs?: number;
}

/** A supervisor whose children have ids, and write down their starts and stops. */
const family = defineActor(
  import.meta,
  (ctx, options: SupervisionOptions, journal: Ref<Journal>) => {
    ctx.supervise(options);

    return {
      child(id: string, options: RelativeOptions): Promise<Ref<Relative>> {
        return ctx.spawn(relative, { id, label: id, args: [id, journal], ...options });
      },
      /** The code of what a child of that id is refused with. */
      childRefused(id: string, options: RelativeOptions): Promise<string> {
        return ctx.spawn(relative, { id, label: id, args: [id, journal], ...options }).then(
          () => "started",
          (error: ActorError) => `${error.code} ${error.message}`,
        );
      },
      children: (): string[] =>
        ctx.children().map(({ id, path, restart }) => `${id} ${path} ${restart}`),
      stopChild: (id: string): Promise<void> => ctx.stopChild(id),
      nothing(): void {},
      fail(): void {
        throw new RangeError("the family failed");
      },
    };
  },
);

export default family;
/** The handlers of a family. */
export type Family = HandlersOf<typeof family>;
