/**
 * Looking after writes whose end is not known, as the relay does: as soon as one can no longer
 * arrive, and at the start for those that an earlier process left. See `core/archiving/late_writes.ts`.
 *
 * @module
 */
import type { SessionId } from "../../core/agent.ts";
import { isArchiveError } from "../../core/errors.ts";
import {
  isAnyOverdue,
  LATE_WRITE_MS,
  type SettledPlace,
  type SettleOptions,
} from "../../core/archiving/late_writes.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Force } from "./force.ts";
import type { Lane } from "./lane.ts";
import { lineOf } from "./line_of.ts";

/** What lies outside. */
export interface SettlingOutside {
  /** The relay's own clock: milliseconds since any time, never set. */
  now(): number;
  /** Epoch milliseconds, as the ledger has them. */
  date(): number;
  /** Writes a line into the log. */
  say(line: string): void;
  /** What is wrong with the program itself. Never throws. */
  sayBug(error: unknown): void;
}

/**
 * How long a backend is left alone after it was asked, in milliseconds. Twice as long each time that
 * it does not answer: nothing stays for that alone.
 */
const AGAIN_MS = 60_000;

/** Looks after them. */
export class Settling {
  readonly #outside: SettlingOutside;
  readonly #lost: (session: SessionId) => void;
  /** How long each backend is left alone, and until when by the relay's own clock; by its name. */
  readonly #pauses = new Map<string, { readonly ms: number; readonly until: number }>();
  readonly #lastSaid = new Map<string, string>();

  /**
   * @param outside Clocks, log.
   * @param lost Is told of each session whose copy has to be made again.
   */
  constructor(outside: SettlingOutside, lost: (session: SessionId) => void) {
    this.#outside = outside;
    this.#lost = lost;
  }

  /**
   * Begins to ask the backends of which it is time.
   *
   * @param force What is in force.
   * @returns The work that began. It never rejects.
   */
  begin({ lanes, archive: { ledger, settings }, signal }: Force): readonly Promise<void>[] {
    // What it finds would be archived again.
    if (!settings.auto) return [];
    const { now, date } = this.#outside;
    const before = date() - LATE_WRITE_MS;
    const due = lanes.filter((lane) =>
      lane.hasRoom && now() >= (this.#pauses.get(lane.name)?.until ?? -Infinity) &&
      isAnyOverdue(ledger, lane.open.identity, before)
    );
    return due.map((lane) => this.#ask(lane, ledger, { before, signal }));
  }

  async #ask({ name, open }: Lane, ledger: Ledger, options: SettleOptions): Promise<void> {
    const { ms } = this.#pauses.get(name) ?? { ms: AGAIN_MS };
    this.#pauses.set(name, { ms, until: Infinity });
    try {
      for await (const place of open.settle(options)) this.#take(place);
    } catch (error) {
      if (!isArchiveError(error, "Aborted")) this.#outside.sayBug(error);
    }
    const isLeft = isAnyOverdue(ledger, open.identity, options.before);
    if (isLeft) this.#pauses.set(name, { ms: 2 * ms, until: this.#outside.now() + ms });
    else this.#pauses.delete(name);
  }

  #take(place: SettledPlace): void {
    this.#say(place);
    if (place.status !== "replaced" && place.status !== "missing") return;
    for (const session of place.sessions) this.#lost(session);
  }

  /** Says what somebody may want to know, once where it is the same each time. */
  #say(place: SettledPlace): void {
    const told = lineFor(place);
    if (told === undefined || told === this.#lastSaid.get(place.backend)) return;
    this.#lastSaid.set(place.backend, told);
    this.#outside.say(told);
  }
}

function lineFor(place: SettledPlace): string | undefined {
  const what = `${place.key} on ${place.backend}`;
  switch (place.status) {
    case "replaced":
      return `${what} is not what was archived last: a write arrived late; it is looked at again`;
    case "missing":
      return `${what} is gone; it is archived again`;
    case "came back":
      return `${what} was deleted and is there again, by a write that arrived late; delete it again`;
    case "unknown":
      return `it cannot be told yet what became of ${what}: ${lineOf(place.error.message)}`;
    case "as acknowledged":
    case "never acknowledged":
      return undefined;
  }
}
