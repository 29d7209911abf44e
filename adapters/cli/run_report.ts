/**
 * What a run tells: each failure as it happens, and at the end what was done.
 *
 * @module
 */
import type { SessionOutcome } from "../../core/archiving/archiving.ts";
import type { Route } from "../../core/routing.ts";
import { sizeText } from "./amounts.ts";
import type { Call } from "./call.ts";
import { tableLines } from "./columns.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import type { OpenArchive } from "./open_archive.ts";
import { printableLine } from "./printable.ts";
import type { Style } from "./report.ts";
import { RunFailures } from "./run_failures.ts";
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
  readonly #failures: RunFailures;
  #routes: Promise<(projectPath: string) => Route> | undefined;
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
    this.#failures = new RunFailures(call.report);
  }

  /** What the run ends with. */
  get exitCode(): ExitCode {
    const good = this.#errors.length === 0 && this.#tally.isGood && !this.#stopped;
    return good ? EXIT.done : EXIT.failed;
  }

  /**
   * Counts a session, and names it where it failed or something should be known of it.
   *
   * @param outcome What became of it.
   */
  async outcome(outcome: SessionOutcome): Promise<void> {
    this.#tally.add(outcome);
    const { session: { id }, copies, warnings } = outcome;
    if (copies.length === 0) await this.#tellLeftAlone(outcome);
    if (this.#style.json) return;
    const { report } = this.#call;
    await this.#failures.tell(outcome);
    for (const copy of copies) {
      const { key, version, error } = copy;
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
    await this.#failures.end();
    await this.#tellNotes();
    if (this.#style.json) await this.#call.report.json(this.#tally.json(errors, this.#stopped));
    else await this.#tellErrors();
    if (this.#tally.isEmpty && !this.#stopped) {
      if (errors.length === 0) await this.#tellWhere();
    } else await this.#tellCounts();
    if (this.#archive.isNew && this.#tally.counts.archived > 0) await this.#tellDisk();
  }

  get #stopped(): boolean {
    return this.#call.signal.aborted;
  }

  /** Says of sessions that were named, or of all, that and why nothing was done. */
  async #tellLeftAlone({ session: { id, projectPath } }: SessionOutcome): Promise<void> {
    const named = this.#style.session?.includes(id) ?? false;
    if (!named && !this.#style.verbose) return;
    const { report, terminal, backend } = this.#call;
    const [config, { routesOf, whyLeftAlone }] = await Promise.all([
      this.#call.config(),
      import("./routes.ts"),
    ]);
    this.#routes ??= routesOf(config, terminal);
    const route = (await this.#routes)(projectPath);
    const why = whyLeftAlone(config, route, backend) ?? "its project changed just now";
    if (named) await report.note(`${id} of ${projectPath} is left alone: ${why}`);
    else await report.say(`left alone ${id} of ${projectPath}: ${why}`);
  }

  async #tellErrors(): Promise<void> {
    for (const error of this.#errors) {
      if (!this.#failures.hasTold(error)) await this.#call.report.error(error);
    }
  }

  #copyLine(id: string, copy: SessionOutcome["copies"][number]): string {
    const { status, key, bytes, backend } = copy;
    const done = this.#style.dryRun && status === "archived" ? "would archive" : status;
    const where = this.#archive.archiver.backends.length > 1 ? ` on ${backend}` : "";
    return `${done} ${key ?? id}${where}${bytes ? ` (${sizeText(bytes)})` : ""}`;
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
    const detected = await Promise.all(
      this.#archive.archiver.agents.map(async (agent) => {
        return { name: agent.name, ...await agent.detect() };
      }),
    );
    const found = detected.filter(({ stores }) => stores.length > 0);
    for (const { name, stores, looked } of found.length > 0 ? found : detected) {
      const asked = this.#style.session ?? this.#style.project ?? this.#style.since;
      const none = asked ? "no session that was asked for is in" : "there is no session in";
      const [what, where] = stores.length > 0
        ? [none, stores]
        : ["nothing is on this machine; looked at", looked];
      await this.#call.report.note(`${name}: ${what} ${where.join(", ") || "no place"}`);
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
    const { defaultFolder } = this.#archive;
    if (defaultFolder === undefined) return;
    await this.#call.report.note(
      `copies ${this.#style.dryRun ? "would go to" : "are in"} ${defaultFolder}, on this ` +
        "machine's own disk: they outlive the agent's store, not the disk",
    );
  }
}
