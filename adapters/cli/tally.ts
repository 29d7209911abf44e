/**
 * What a run did, counted and told: one count a copy.
 *
 * @module
 */
import type { SessionOutcome } from "../../core/archiving/archiving.ts";
import type { CopyOutcome } from "../../core/archiving/copy.ts";
import { isArchiveError } from "../../core/errors.ts";
import { sessionOfFiles } from "../../core/keys/files_of.ts";
import { countText, sizeText } from "./amounts.ts";
import { type ErrorJson, errorJson } from "./report.ts";

/** What became of a copy; the user's stopping it is no failure. */
type Status = CopyOutcome["status"] | "stopped";

/** One copy in `run --json`. */
export interface CopyJson {
  /** The agent's name. */
  readonly agent: string;
  /** The session's id. */
  readonly id: string;
  /** Where the copy is; null when that was not found out. */
  readonly key: string | null;
  /** The backend's name. */
  readonly backend: string;
  /** See `CopyOutcome.status`; `stopped` when the user stopped the run before it was made. */
  readonly status: Status;
  /** Bytes sent, or in a dry run to be sent. */
  readonly bytes: number;
  /** The key of the version that was kept. */
  readonly version?: string;
  /** Whether it was read back, and is what was sent. */
  readonly readBack?: true;
  /** What the user should hear about the session. */
  readonly warnings?: readonly string[];
  /** Why it failed. */
  readonly error?: ErrorJson;
  /** Whether it was not tried, since its backend had failed several times in a row. */
  readonly gaveUp?: true;
}

/** What `run --json` prints. */
export interface RunJson extends Record<CopyOutcome["status"], number> {
  /** Sessions that are not archived, or not to the backend that was chosen: their rule says so. */
  readonly leftAlone: number;
  /** Copies; unchanged ones only when they were asked for. */
  readonly sessions: readonly CopyJson[];
  /** What failed beside single sessions: a store that cannot be read, an id that is not there. */
  readonly errors?: readonly ErrorJson[];
  /** Whether the user stopped it before its end. */
  readonly stopped?: true;
}

type Counts = Record<Status, number>;

const NONE: Readonly<Counts> = { archived: 0, unchanged: 0, failed: 0, skipped: 0, stopped: 0 };

/** Counts copies, and sessions and bytes by project. */
export class Tally {
  /** Copies, by what became of them. */
  readonly counts: Counts = { ...NONE };
  /** Sessions that the rules leave alone. */
  leftAlone = 0;
  /** Bytes sent. */
  bytes = 0;
  /** Sessions and bytes that were archived, by project path. */
  readonly projects = new Map<string, { sessions: number; bytes: number }>();
  /** Sessions, by what became of one of their copies. */
  readonly #sessions: Counts = { ...NONE };
  /** Sessions of which the files beside them are archives of their own, in the same way. */
  readonly #besides: Counts = { ...NONE };
  /** Whether copies were read back: all that were made, as one that failed in that is none. */
  #readBack = false;
  /** Whether sessions have more than one copy each. */
  #severalCopies = false;
  readonly #copies: CopyJson[] = [];
  readonly #listUnchanged: boolean;

  /** @param listUnchanged Whether unchanged copies are listed too. */
  constructor(listUnchanged: boolean) {
    this.#listUnchanged = listUnchanged;
  }

  /** Whether there was nothing to count. */
  get isEmpty(): boolean {
    return this.leftAlone === 0 && Object.values(this.counts).every((count) => count === 0);
  }

  /** Whether all went well, as far as it went. */
  get isGood(): boolean {
    return this.counts.failed + this.counts.stopped === 0;
  }

  /** Counts what became of a session. */
  add({ session, copies, warnings }: SessionOutcome): void {
    if (copies.length === 0) this.leftAlone++;
    if (copies.length > 1) this.#severalCopies = true;
    const statuses = copies.map(statusOf);
    const isOfFiles = sessionOfFiles(session.id) !== undefined;
    for (const status of new Set(statuses)) {
      if (isOfFiles) this.#besides[status]++;
      else this.#sessions[status]++;
    }
    for (const [index, copy] of copies.entries()) {
      this.counts[statuses[index]]++;
      this.bytes += copy.bytes;
      if (copy.readBack) this.#readBack = true;
      if (copy.status === "unchanged" && !this.#listUnchanged) continue;
      this.#copies.push(copyJson(session, copy, warnings));
    }
    if (statuses.includes("archived")) this.#addToProject(session, copies, isOfFiles ? 0 : 1);
  }

  #addToProject(
    { projectPath }: SessionOutcome["session"],
    copies: readonly CopyOutcome[],
    sessions: number,
  ): void {
    const project = this.projects.get(projectPath) ?? { sessions: 0, bytes: 0 };
    project.sessions += sessions;
    for (const { bytes } of copies) project.bytes += bytes;
    this.projects.set(projectPath, project);
  }

  /**
   * Everything as JSON.
   *
   * @param errors What failed beside single sessions.
   * @param stopped Whether the user stopped the run.
   */
  json(errors: readonly unknown[], stopped: boolean): RunJson {
    const { stopped: _, ...counts } = this.counts;
    return {
      ...counts,
      leftAlone: this.leftAlone,
      sessions: this.#copies,
      ...(errors.length > 0 && { errors: errors.map(errorJson) }),
      ...(stopped && { stopped }),
    };
  }

  /**
   * Everything in one line.
   *
   * @param dryRun Whether nothing was written.
   */
  line(dryRun: boolean): string {
    if (this.isEmpty) return "nothing to archive";
    const { archived, unchanged, skipped, failed, stopped } = this.counts;
    const rest = this.leftAlone > 0
      ? [`${this.leftAlone.toLocaleString("en-US")} left alone by the rules`]
      : [];
    if (archived + failed + skipped + stopped === 0) {
      const before = countText(this.#sessions.unchanged, "session");
      const done = unchanged > 0 ? `: ${before} archived before, none changed` : "";
      return [`nothing to do${done}`, ...rest].join(", ");
    }
    return [
      ...(archived > 0 ? [this.#archivedText(dryRun)] : []),
      ...this.#some("unchanged", "unchanged"),
      ...this.#some("skipped", "skipped because you deleted their archives"),
      ...this.#some("stopped", "cut short"),
      ...this.#some("failed", "failed"),
      ...rest,
    ].join(", ");
  }

  #archivedText(dryRun: boolean): string {
    const { archived: copies } = this.counts;
    const { archived: sessions } = this.#sessions;
    const { archived: besides } = this.#besides;
    const amounts = [
      ...(copies > sessions + besides ? [countText(copies, "copy", "copies")] : []),
      sizeText(this.bytes),
      ...(this.#readBack ? ["read back"] : []),
    ];
    const verb = dryRun ? "would archive" : "archived";
    const what = countText(sessions || besides, "session");
    return `${verb} ${sessions > 0 ? what : `files beside ${what}`} (${amounts.join(", ")})`;
  }

  /** So many; where sessions have several copies, it says that it counts those. */
  #some(status: Status, text: string): string[] {
    const count = this.counts[status];
    if (count === 0) return [];
    const copies = countText(count, "copy", "copies");
    return [`${this.#severalCopies ? copies : count.toLocaleString("en-US")} ${text}`];
  }
}

function statusOf({ status, error }: CopyOutcome): Status {
  return isArchiveError(error, "Aborted") ? "stopped" : status;
}

function copyJson(
  session: SessionOutcome["session"],
  copy: CopyOutcome,
  warnings: readonly string[],
): CopyJson {
  const status = statusOf(copy);
  return {
    agent: session.agent,
    id: session.id,
    key: copy.key ?? null,
    backend: copy.backend,
    status,
    bytes: copy.bytes,
    ...(copy.version && { version: copy.version }),
    ...(copy.readBack && { readBack: true }),
    ...(warnings.length > 0 && { warnings }),
    ...(copy.error && status === "failed" && { error: errorJson(copy.error) }),
    ...(copy.gaveUp && { gaveUp: true }),
  };
}
