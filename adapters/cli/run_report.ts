/**
 * What a run tells: each failure as it happens, and at the end what was done.
 *
 * @module
 */
import type { SessionOutcome } from "../../core/archiving.ts";
import { ArchiveError, isArchiveError } from "../../core/errors.ts";
import { sizeText } from "./amounts.ts";
import type { Call } from "./call.ts";
import { tableLines } from "./columns.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import type { OpenArchive } from "./open_archive.ts";
import { printableLine } from "./printable.ts";
import type { Style } from "./report.ts";
import type { Tally } from "./tally.ts";

/** What changes how a run is told. */
export interface RunStyle extends Style {
  /** Nothing is written. */
  readonly dryRun?: boolean;
  /** Every session is named. */
  readonly verbose?: boolean;
  /** The sessions that were asked for; likewise the two below. */
  readonly session?: readonly string[];
  readonly project?: readonly string[];
  readonly since?: string;
}

/** Tells about one run. */
export class RunReport {
  readonly #call: Call;
  readonly #style: RunStyle;
  readonly #archive: OpenArchive;
  readonly #tally: Tally;
  #errors: readonly unknown[] = [];

  /**
   * @param call Whose run.
   * @param style How it is told.
   * @param archive Where it goes.
   * @param tally Counts what is told.
   */
  constructor(call: Call, style: RunStyle, archive: OpenArchive, tally: Tally) {
    this.#call = call;
    this.#style = style;
    this.#archive = archive;
    this.#tally = tally;
  }

  /** What the run ends with. */
  get exitCode(): ExitCode {
    const good = this.#errors.length === 0 && this.#tally.counts.failed === 0 && !this.#stopped;
    return good ? EXIT.done : EXIT.failed;
  }

  /**
   * Counts a session, and names it where it failed or something should be known of it.
   *
   * @param outcome What became of it.
   */
  async outcome(outcome: SessionOutcome): Promise<void> {
    this.#tally.add(outcome);
    if (this.#style.json) return;
    const { session: { id }, copies, warnings } = outcome;
    const { report } = this.#call;
    for (const copy of copies) {
      const { key, version, error } = copy;
      if (error && !isArchiveError(error, "Aborted")) await report.error(namedAfter(id, error));
      if (version) {
        const kept = this.#style.dryRun ? "would be kept" : "was kept";
        await report.note(`${key} holds what ${id} no longer has; it ${kept} as ${version}`);
      }
      if (this.#style.verbose && !error) await report.say(this.#copyLine(id, copy));
    }
    for (const warning of warnings) await report.warn(`${id}: ${warning}`);
  }

  /**
   * Tells how it ended.
   *
   * @param errors What failed beside single sessions.
   */
  async end(errors: readonly unknown[]): Promise<void> {
    this.#errors = errors;
    await this.#tellNotes();
    if (this.#style.json) await this.#call.report.json(this.#tally.json(errors, this.#stopped));
    else for (const error of errors) await this.#call.report.error(error);
    if (this.#tally.isEmpty && !this.#stopped) {
      if (errors.length === 0) await this.#tellWhere();
    } else await this.#tellCounts();
    if (this.#archive.isNew && this.#tally.counts.archived > 0) await this.#tellDisk();
  }

  get #stopped(): boolean {
    return this.#call.signal.aborted;
  }

  #copyLine(id: string, { status, key, bytes }: SessionOutcome["copies"][number]): string {
    const done = this.#style.dryRun && status === "archived" ? "would archive" : status;
    return `${done} ${key ?? id}${bytes ? ` (${sizeText(bytes)})` : ""}`;
  }

  async #tellNotes(): Promise<void> {
    const told = this.#errors.map((error) => error instanceof Error ? error.message : "");
    for (const agent of this.#archive.archiver.agents) {
      for (const note of (await agent.detect()).notes) {
        if (!told.includes(note)) await this.#call.report.note(`${agent.name}: ${note}`);
      }
    }
  }

  /** Says why there is nothing, so that a wrong path is seen at once. */
  async #tellWhere(): Promise<void> {
    for (const agent of this.#archive.archiver.agents) {
      const { stores, looked } = await agent.detect();
      const asked = this.#style.session ?? this.#style.project ?? this.#style.since;
      const none = asked ? "no session that was asked for is in" : "there is no session in";
      const [what, where] = stores.length > 0
        ? [none, stores]
        : ["nothing is on this machine; looked at", looked];
      await this.#call.report.note(`${agent.name}: ${what} ${where.join(", ") || "no place"}`);
    }
  }

  async #tellCounts(): Promise<void> {
    const { report, signal: { reason } } = this.#call;
    const { dryRun = false } = this.#style;
    if (dryRun) await this.#tellProjects();
    const why = reason instanceof Error ? reason.message : "stopped";
    await report.say(`${this.#stopped ? `${why}: ` : ""}${this.#tally.line(dryRun)}`);
    if (this.#stopped && !dryRun) await report.say("the next run goes on where this one stopped");
  }

  /** What a dry run would archive, by project, the largest first. */
  async #tellProjects(): Promise<void> {
    const { report } = this.#call;
    const { projects } = this.#tally;
    if (this.#style.json || this.#style.quiet || projects.size === 0) return;
    const rows = [...projects].sort(([, a], [, b]) => b.bytes - a.bytes)
      .map(([path, { sessions, bytes }]) => [`${sessions}`, sizeText(bytes), printableLine(path)]);
    const columns = [
      { name: "SESSIONS", align: "right" },
      { name: "SIZE", align: "right" },
      { name: "PROJECT", least: 8, cut: "start" },
    ] as const;
    await report.print(`${tableLines(columns, rows, report.columns).join("\n")}\n`);
  }

  async #tellDisk(): Promise<void> {
    await this.#call.report.note(
      `copies ${this.#style.dryRun ? "would go to" : "are in"} ${this.#archive.folder}, on this ` +
        "machine's own disk: they outlive the agent's store, not the disk",
    );
  }
}

/** The session's name in front of an error that does not name it. */
function namedAfter(id: string, error: Error): Error {
  if (error.message.includes(id)) return error;
  const code = isArchiveError(error) ? error.code : "Transient";
  return new ArchiveError(code, `session ${id}: ${error.message}`, { cause: error });
}
