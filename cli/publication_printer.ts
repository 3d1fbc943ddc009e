import { Continuity, type Publication } from "../mod.ts";
import { clockTime } from "./clock_time.ts";
import { counted } from "./event_words.ts";
import { valueToJson } from "./json_form.ts";
import type { Output } from "./output.ts";

/** Prints publications, and counts those that did not come. */
export class PublicationPrinter {
  #received = 0;
  readonly #output: Output;
  readonly #continuity = new Continuity();

  constructor(output: Output) {
    this.#output = output;
  }

  /** Publications that came. */
  get received(): number {
    return this.#received;
  }

  /** Settles when there is room for the next. */
  async take(publication: Publication): Promise<void> {
    const { topic, payload, publisher, incarnation, sequence } = publication;
    this.#received++;
    const verdict = this.#continuity.see(publisher, incarnation, topic, sequence);
    if (verdict.kind === "gap") this.#tellMissing(publication, verdict.missing);
    const shown = typeof payload === "string" ? payload : valueToJson(payload) ?? "";
    const room = this.#output.event({
      ...{ event: "publication", topic, payload, publisher, incarnation, sequence },
    });
    const time = clockTime(new Date());
    await Promise.all([
      room,
      this.#output.line(["dim", time], "  ", ["bold", topic], `  ${shown}`),
    ]);
  }

  /** The last words. */
  end(): void {
    const { received } = this;
    const { missing } = this.#continuity.counts;
    void this.#output.event({ event: "stopped", received, missing });
    if (missing > 0) {
      void this.#output.note(
        ["yellow", "missed"],
        ` ${counted(missing, "publication")} in all; ${counted(received, "other")} came`,
      );
    }
  }

  #tellMissing({ topic, publisher }: Publication, missing: number): void {
    void this.#output.event({ event: "missed", topic, publisher, publications: missing });
    const words = ` ${counted(missing, "publication")} on ${topic}: lost with a connection, or ` +
      `dropped because this output is read too slowly`;
    void this.#output.note(["yellow", "missed"], words);
  }
}
