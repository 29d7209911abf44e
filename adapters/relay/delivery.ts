/**
 * Bringing one session to one backend, once: from what waits to what the backend said.
 *
 * @module
 */
import type { CopyOutcome } from "../../core/archiving/copy.ts";
import { type ArchiveError, asArchiveError, type ErrorCode } from "../../core/errors.ts";
import { withSession } from "../../core/listing/find_session.ts";
import { backoffMs, heededMs } from "./backoff.ts";
import type { Force } from "./force.ts";
import type { InForce } from "./in_force.ts";
import type { Lane, LaneOutside } from "./lane.ts";
import { lineOf } from "./line_of.ts";
import type { Setback } from "./pending_copy.ts";
import type { PendingSession } from "./pending_session.ts";
import type { PendingSessions } from "./pending_sessions.ts";
import type { StatusTelling } from "./status_telling.ts";

/** Which session goes where, and by which rules. */
export interface Delivery {
  /** The session. */
  readonly pending: PendingSession;
  /** The backend's lane. */
  readonly lane: Lane;
  /** What was in force when it began. */
  readonly force: Force;
}

/** A delivery, and what it set out with. */
interface UnderWay extends Delivery {
  /** The intents that were known before the session was read. */
  readonly files: readonly string[];
  /** The latest word of a change that was. */
  readonly revision: number;
}

/**
 * What a session fails of for good, where its backend is not at fault: it is too large, or damaged.
 * `Transient` and yet not to be tried again is a fault of the program.
 */
const FINAL: ReadonlySet<ErrorCode> = new Set(["Invalid", "NotSupported", "Corrupt", "Transient"]);

/** Delivers. */
export class Deliveries {
  readonly #outside: LaneOutside;
  readonly #pending: PendingSessions;
  readonly #inForce: InForce;
  readonly #status: Pick<StatusTelling, "tellFirstSuccess">;

  /**
   * @param outside Clock, chance, log.
   * @param pending What waits.
   * @param inForce What is in force, which may change under way.
   * @param status Tells others.
   */
  constructor(
    outside: LaneOutside,
    pending: PendingSessions,
    inForce: InForce,
    status: Pick<StatusTelling, "tellFirstSuccess">,
  ) {
    this.#outside = outside;
    this.#pending = pending;
    this.#inForce = inForce;
    this.#status = status;
  }

  /**
   * Brings a session to a backend. Never throws: what fails is tried again.
   *
   * @param delivery Which, and where.
   */
  async bring(delivery: Delivery): Promise<void> {
    const { pending, lane } = delivery;
    const { files, revision } = pending;
    const copy = pending.copy(lane.name);
    const underWay = { ...delivery, files, revision };
    copy.isBusy = true;
    try {
      await this.#archive(underWay);
    } catch (error) {
      this.#failed(underWay, error, true);
    } finally {
      copy.isBusy = false;
    }
  }

  async #archive(underWay: UnderWay): Promise<void> {
    const { pending: { session }, lane, force: { archive, signal } } = underWay;
    await lane.hold(async (run) => {
      const hindrance = await lane.open.hindrance?.();
      if (hindrance !== undefined) return lane.rest(hindrance);
      await withSession(archive.agents, session, async (ref) => {
        if (ref === undefined) return await this.#gone(underWay);
        this.#spare(underWay, await archive.backendsFor(ref));
        const { copies, warnings } = await run.archive(ref, { signal });
        for (const warning of warnings) this.#outside.say(`${session.id}: ${lineOf(warning)}`);
        await this.#ended(underWay, copies[0]);
      }, signal);
    });
  }

  async #gone({ pending, files, force }: UnderWay): Promise<void> {
    if (force !== this.#inForce.current) return;
    const why = `it is no longer in ${pending.session.store}; archives of it stay`;
    await this.#pending.drop(pending, files, force.names, why);
  }

  /** Backends that its rule does not name need not look at it themselves: one may be dead for long. */
  #spare({ pending, revision, lane, force }: UnderWay, named: readonly string[]): void {
    if (force !== this.#inForce.current) return;
    const others = force.names.filter((name) => name !== lane.name && !named.includes(name));
    for (const name of others) {
      const copy = pending.copy(name);
      if (!copy.isBusy && copy.covered < revision) copy.cover(revision, false);
    }
  }

  /** The backend is through with it, for better or worse; without a copy the rules spare it. */
  async #ended(underWay: UnderWay, copy: CopyOutcome | undefined): Promise<void> {
    const { pending, revision, lane, force } = underWay;
    const isItsOwn = copy !== undefined && lane.took(pending.session, copy);
    if (copy?.status === "archived") {
      this.#sayArchived(underWay, copy);
      await this.#status.tellFirstSuccess();
    }
    // Whether it is enough is for the rules to say that are in force now.
    if (force !== this.#inForce.current) return;
    if (copy?.status === "failed") {
      if (!copy.gaveUp) this.#failed(underWay, copy.error, isItsOwn);
      return;
    }
    const sent = copy?.status === "archived"
      ? { endedAt: this.#outside.now(), bytes: copy.bytes }
      : undefined;
    pending.copy(lane.name).cover(revision, copy !== undefined, sent);
    await this.#pending.finish(pending, force.names);
  }

  #sayArchived({ pending, lane }: Delivery, { bytes, version }: CopyOutcome): void {
    const kept = version ? `; what it no longer has was kept as ${version}` : "";
    this.#outside.say(`archived ${pending.session.id} on ${lane.name} (${bytes} bytes)${kept}`);
  }

  /** It waits; `isItsOwn` says that the backend is not at fault. */
  #failed(
    { pending, lane, revision, force }: UnderWay,
    thrown: unknown,
    isItsOwn: boolean,
  ): void {
    const { now, date, random, say } = this.#outside;
    const { id: session } = pending.session;
    const error = asArchiveError(thrown, { session });
    const { code, retryAfterMs = 0 } = error;
    if (code === "Aborted" && force.signal.aborted) return;
    const message = lineOf(error.message);
    const at = new Date(date()).toISOString();
    const copy = pending.copy(lane.name);
    copy.fail({
      revision,
      notBefore: (failures) =>
        now() + Math.max(backoffMs(failures, random()), heededMs(retryAfterMs)),
      ...(isItsOwn && { trouble: { at, session, code, message } }),
      outlook: outlookOf(error, lane.name),
    });
    const isParked = copy.parkedAt(revision) !== undefined;
    const until = isParked
      ? `is not brought to ${lane.name} until it changes`
      : `waits for ${lane.name}`;
    const said = `${session} ${until}: ${message}`;
    if (said !== pending.lastSaid) say(said);
    pending.lastSaid = said;
  }
}

function outlookOf(
  { code, retryable, backend }: ArchiveError,
  lane: string,
): Setback["outlook"] {
  if (retryable) return "passes";
  // It counts as the session's own only where the backend takes others.
  const isRefused = code === "Unauthorized" && backend === lane;
  return FINAL.has(code) || isRefused ? "final" : "lasts";
}
