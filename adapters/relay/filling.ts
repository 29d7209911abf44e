/**
 * Keeping the lanes full: what is due begins, and when a session is through, the next one does. That
 * everything outside is as it was a moment ago is taken for granted, but for the rules: to look at
 * all of it takes as long as to send a small session.
 *
 * @module
 */
import type { Agenda } from "./agenda.ts";
import type { Deliveries } from "./delivery.ts";
import type { Force } from "./force.ts";
import type { InForce } from "./in_force.ts";
import type { Lane } from "./lane.ts";
import type { PendingSession } from "./pending_session.ts";

/** What lies outside. */
export interface FillingOutside {
  /** Differs when the configuration's file does. */
  stamp(): Promise<string>;
  /** Epoch milliseconds, which go on while the machine sleeps. */
  date(): number;
  /** What is wrong with the program itself. Never throws. */
  sayBug(error: unknown): void;
}

/** How old a look at everything may be, in milliseconds. */
const MOMENT_MS = 1_000;

/** What a look at everything has shown. */
interface Sight {
  /** When that was. */
  readonly at: number;
  /** What is in force. */
  readonly force: Force;
  /** What each lane may begin with, the next one last. */
  readonly lines: ReadonlyMap<Lane, PendingSession[]>;
}

/** Keeps them full. */
export class Filling {
  readonly #outside: FillingOutside;
  readonly #inForce: InForce;
  readonly #agenda: Agenda;
  readonly #deliveries: Deliveries;
  readonly #onEnd: () => void;
  #sight: Sight | undefined;

  /**
   * @param outside The configuration's stamp, clock, log.
   * @param inForce What is in force, which may change under way.
   * @param agenda Knows what is due.
   * @param deliveries Delivers.
   * @param onEnd Called whenever a session is through.
   */
  constructor(
    outside: FillingOutside,
    inForce: InForce,
    agenda: Agenda,
    deliveries: Deliveries,
    onEnd: () => void,
  ) {
    this.#outside = outside;
    this.#inForce = inForce;
    this.#agenda = agenda;
    this.#deliveries = deliveries;
    this.#onEnd = onEnd;
  }

  /**
   * Everything was looked at just now: begins whatever is due, and goes on by itself for a moment.
   *
   * @param force What is in force.
   */
  begin(force: Force): void {
    const lines = new Map(
      force.lanes.map((lane) => [lane, this.#agenda.dueFor(lane, force).toReversed()]),
    );
    this.#sight = { at: this.#outside.date(), force, lines };
    for (const lane of force.lanes) this.#fill(lane, this.#sight);
  }

  /** Begins nothing more. */
  end(): void {
    this.#sight = undefined;
  }

  #fill(lane: Lane, { force, lines }: Sight): void {
    const line = lines.get(lane) ?? [];
    while (lane.hasRoom) {
      const pending = line.pop();
      if (pending === undefined) return;
      if (!this.#agenda.isDue(pending, lane, force)) continue;
      const ended = force.begin(this.#deliveries.bring({ pending, lane, force }));
      void ended.then(() => this.#goOn(lane));
    }
  }

  async #goOn(lane: Lane): Promise<void> {
    try {
      const stamp = await this.#outside.stamp();
      if (this.#sight && this.#holds(this.#sight, stamp)) this.#fill(lane, this.#sight);
    } catch (error) {
      this.#outside.sayBug(error);
    }
    this.#onEnd();
  }

  /** Whether things are as they were seen. */
  #holds({ at, force }: Sight, stamp: string): boolean {
    const { current, stamp: known } = this.#inForce;
    return force === current && stamp === known && Math.abs(this.#outside.date() - at) < MOMENT_MS;
  }
}
