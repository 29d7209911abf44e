/**
 * Having backends end what killed writes left unfinished: once a relay, beside its work and never in
 * its way.
 *
 * @module
 */
import { ABANDONED_MS } from "../../core/backend.ts";
import { isArchiveError } from "../../core/errors.ts";
import type { Force } from "./force.ts";
import type { Lane } from "./lane.ts";
import { lineOf } from "./line_of.ts";

/** What lies outside. */
export interface TidyingOutside {
  /** Epoch milliseconds. */
  date(): number;
  /** Writes a line into the log. */
  say(line: string): void;
}

/** Has it done. */
export class Tidying {
  readonly #outside: TidyingOutside;
  /** The identities of the backends that were asked. */
  readonly #asked = new Set<string>();

  /** @param outside Clock, log. */
  constructor(outside: TidyingOutside) {
    this.#outside = outside;
  }

  /**
   * Begins to ask the backends that were not yet. Nobody waits for that: it ends when they are
   * let go of.
   *
   * @param force What is in force.
   */
  begin({ lanes, archive: { settings }, signal }: Force): void {
    if (!settings.auto) return;
    const due = lanes.filter((lane) => lane.hasRoom && !this.#asked.has(lane.open.identity));
    for (const lane of due) void this.#ask(lane, signal);
  }

  async #ask({ name, open }: Lane, signal: AbortSignal): Promise<void> {
    this.#asked.add(open.identity);
    try {
      const before = this.#outside.date() - ABANDONED_MS;
      const count = await open.tidy({ before, signal });
      if (count > 0) this.#outside.say(`ended ${count} uploads on ${name} that a kill left open`);
    } catch (error) {
      if (isArchiveError(error, "Aborted")) return;
      const why = lineOf(error instanceof Error ? error.message : String(error));
      this.#outside.say(`could not look for uploads on ${name} that a kill left open: ${why}`);
    }
  }
}
