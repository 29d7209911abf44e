/**
 * What fails in a run, told so that it can be read: each kind of failure for the first sessions it
 * befalls, the rest by number.
 *
 * @module
 */
import type { SessionOutcome } from "../../core/archiving/archiving.ts";
import type { CopyOutcome } from "../../core/archiving/copy.ts";
import { ArchiveError, asArchiveError, type ErrorCode, isArchiveError } from "../../core/errors.ts";
import type { Report } from "./report.ts";

/** Sessions that are named for each kind of failure. */
const MOST_NAMED = 3;

/** Failures that differ only in the session they befell. */
interface Kind {
  sessions: number;
  /** The last session that was named. */
  id: string;
  readonly code: ErrorCode;
}

/** Sessions that a backend was not tried with. */
interface GivenUp {
  sessions: number;
  readonly error: Error;
}

/** Tells failures. */
export class RunFailures {
  readonly #report: Report;
  readonly #kinds = new Map<string, Kind>();
  readonly #givenUp = new Map<string, GivenUp>();
  readonly #told = new Set<string>();

  /** @param report Where to. */
  constructor(report: Report) {
    this.#report = report;
  }

  /**
   * Tells what failed of one session.
   *
   * @param outcome What became of it.
   */
  async tell({ session: { id }, copies }: SessionOutcome): Promise<void> {
    const kinds = new Map<string, Error>();
    for (const { backend, error, gaveUp } of copies) {
      if (!error || isArchiveError(error, "Aborted")) continue;
      if (gaveUp) this.#countGivenUp(backend, error);
      // What fails before the first copy fails for all of them.
      else kinds.set(kindOf(id, error), error);
    }
    for (const [kind, error] of kinds) await this.#tellOne(id, kind, error);
  }

  /** Tells how many there were of which not each was named. */
  async end(): Promise<void> {
    for (const { sessions, id, code } of this.#kinds.values()) {
      const more = sessions - MOST_NAMED;
      if (more <= 0) continue;
      const text = `${moreSessions(more)} failed in the same way as ${id}; --json names all`;
      await this.#report.error(new ArchiveError(code, text));
    }
    for (const [backend, { sessions, error }] of this.#givenUp) {
      const text = `${backend}: ${moreSessions(sessions)} ${sessions === 1 ? "was" : "were"} not ` +
        `tried after several failures in a row: ${error.message}`;
      await this.#report.error(new ArchiveError(codeOf(error), text, { backend, cause: error }));
    }
  }

  /**
   * Whether an error was told already, as that of a session or of a backend.
   *
   * @param error Anything that was thrown.
   */
  hasTold(error: unknown): boolean {
    return error instanceof Error && this.#told.has(error.message);
  }

  async #tellOne(id: string, kind: string, error: Error): Promise<void> {
    const known = this.#kinds.get(kind) ?? { sessions: 0, id, code: codeOf(error) };
    this.#kinds.set(kind, known);
    if (++known.sessions > MOST_NAMED) return;
    known.id = id;
    this.#told.add(error.message);
    await this.#report.error(namedAfter(id, error));
  }

  #countGivenUp(backend: string, error: NonNullable<CopyOutcome["error"]>): void {
    const known = this.#givenUp.get(backend) ?? { sessions: 0, error };
    this.#givenUp.set(backend, known);
    known.sessions++;
    this.#told.add(error.message);
  }
}

/** How a key stands in messages: as it is, and in paths of Windows, in quotes too. */
const SEPARATORS = ["/", "\\", "\\\\"];

/** The message without what only names the session. */
function kindOf(id: string, error: Error): string {
  const { key } = asArchiveError(error);
  const keys = key === undefined ? [] : SEPARATORS.map((sign) => key.replaceAll("/", sign));
  return [...keys, id].reduce((message, name) => message.replaceAll(name, "*"), error.message);
}

function moreSessions(count: number): string {
  return `${count.toLocaleString("en-US")} more ${count === 1 ? "session" : "sessions"}`;
}

/** The session's name in front of an error that does not name it. */
function namedAfter(id: string, error: Error): Error {
  if (error.message.includes(id)) return error;
  return new ArchiveError(codeOf(error), `session ${id}: ${error.message}`, { cause: error });
}

function codeOf(error: Error): ErrorCode {
  return isArchiveError(error) ? error.code : "Transient";
}
