/**
 * What a run did, counted and told: one count a copy.
 *
 * @module
 */
import type { SessionOutcome } from "../../core/archiving.ts";
import type { CopyOutcome } from "../../core/copy.ts";
import { isArchiveError } from "../../core/errors.ts";
import { countText, sizeText } from "./amounts.ts";
import { type ErrorJson, errorJson } from "./report.ts";

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
  /** See `CopyOutcome.status`. */
  readonly status: CopyOutcome["status"];
  /** Bytes sent, or in a dry run to be sent. */
  readonly bytes: number;
  /** The key of the version that was kept. */
  readonly version?: string;
  /** What the user should hear about the session. */
  readonly warnings?: readonly string[];
  /** Why it failed. */
  readonly error?: ErrorJson;
}

/** What `run --json` prints. */
export interface RunJson extends Record<CopyOutcome["status"], number> {
  /** Copies; unchanged ones only when they were asked for. */
  readonly sessions: readonly CopyJson[];
  /** What failed beside single sessions: a store that cannot be read, an id that is not there. */
  readonly errors?: readonly ErrorJson[];
  /** Whether the user stopped it before its end. */
  readonly stopped?: true;
}

/** Counts copies, and sessions and bytes by project. */
export class Tally {
  readonly counts: Record<CopyOutcome["status"], number> = {
    archived: 0,
    unchanged: 0,
    failed: 0,
    skipped: 0,
  };
  /** Copies that were cut short because the user stopped the run. */
  interrupted = 0;
  /** Bytes sent. */
  bytes = 0;
  /** Sessions and bytes that were archived, by project path. */
  readonly projects = new Map<string, { sessions: number; bytes: number }>();
  readonly #copies: CopyJson[] = [];
  readonly #listUnchanged: boolean;

  /** @param listUnchanged Whether unchanged copies are listed too. */
  constructor(listUnchanged: boolean) {
    this.#listUnchanged = listUnchanged;
  }

  /** Whether there was nothing to count. */
  get isEmpty(): boolean {
    return Object.values(this.counts).every((count) => count === 0);
  }

  /** Counts what became of a session. */
  add({ session, copies, warnings }: SessionOutcome): void {
    for (const copy of copies) {
      this.counts[copy.status]++;
      this.bytes += copy.bytes;
      if (isArchiveError(copy.error, "Aborted")) this.interrupted++;
      if (copy.status === "unchanged" && !this.#listUnchanged) continue;
      this.#copies.push(copyJson(session, copy, warnings));
    }
    if (copies.some(({ status }) => status === "archived")) this.#addToProject(session, copies);
  }

  #addToProject({ projectPath }: SessionOutcome["session"], copies: readonly CopyOutcome[]): void {
    const project = this.projects.get(projectPath) ?? { sessions: 0, bytes: 0 };
    project.sessions++;
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
    return {
      ...this.counts,
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
    const { archived, unchanged, skipped } = this.counts;
    const failed = this.counts.failed - this.interrupted;
    if (archived + failed + skipped + this.interrupted === 0) {
      return this.isEmpty
        ? "nothing to archive"
        : `nothing to do: ${countText(unchanged, "session")} archived before, none changed`;
    }
    const verb = dryRun ? "would archive" : "archived";
    const some = (count: number, text: string) =>
      count > 0 ? [`${count.toLocaleString("en-US")} ${text}`] : [];
    return [
      ...(archived ? [`${verb} ${countText(archived, "session")} (${sizeText(this.bytes)})`] : []),
      ...some(unchanged, "unchanged"),
      ...some(skipped, "skipped because you deleted their archives"),
      ...some(this.interrupted, "cut short"),
      ...some(failed, "failed"),
    ].join(", ");
  }
}

function copyJson(
  session: SessionOutcome["session"],
  copy: CopyOutcome,
  warnings: readonly string[],
): CopyJson {
  return {
    agent: session.agent,
    id: session.id,
    key: copy.key ?? null,
    backend: copy.backend,
    status: copy.status,
    bytes: copy.bytes,
    ...(copy.version && { version: copy.version }),
    ...(warnings.length > 0 && { warnings }),
    ...(copy.error && { error: errorJson(copy.error) }),
  };
}
