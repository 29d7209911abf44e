/**
 * What a run does, and tells, of the plain files that archives lacked: a layout may be wanted only long
 * after sessions were archived, and some of these are gone by then.
 *
 * @module
 */
import type { SessionId } from "../../core/agent.ts";
import type { SessionOutcome } from "../../core/archiving/archiving.ts";
import { Failures } from "../../core/failures.ts";
import type { Call } from "./call.ts";
import type { OpenArchive } from "./open_archive.ts";
import type { RunStyle } from "./run_report.ts";
import type { SeenSessions } from "./seen_sessions.ts";

/** Counts the archives that have them now. */
export class LackingPlainFiles {
  readonly #call: Call;
  #count = 0;

  /** @param call Whose run. */
  constructor(call: Call) {
    this.#call = call;
  }

  /**
   * Takes note of a session.
   *
   * @param outcome What became of it.
   */
  took({ copies }: SessionOutcome): void {
    for (const { status, plainBytes } of copies) {
      if (status === "unchanged" && plainBytes !== undefined) this.#count++;
    }
  }

  /**
   * Writes those of archives whose sessions are gone, where the run is to archive everything, and tells
   * of how many archives any were written. What the run has tried itself tells for itself.
   *
   * @param style What the run was asked for.
   * @param archive Where to.
   * @param seen The sessions that are there.
   * @throws What failed, after all others.
   */
  async write(
    { session, project, since, dryRun }: RunStyle,
    { archiver }: OpenArchive,
    seen: SeenSessions,
  ): Promise<void> {
    const { report, signal } = this.#call;
    const isForAll = !dryRun && !(session ?? project ?? since);
    const failures = new Failures();
    const except = ({ id }: SessionId) => seen.has(id);
    for await (const outcome of isForAll ? archiver.layOut({ except, signal }) : []) {
      if (outcome.status === "failed") failures.add(outcome.error);
      else this.#count++;
    }
    if (this.#count > 0) {
      const { countText } = await import("./amounts.ts");
      const archives = countText(this.#count, "archive");
      await report.note(`wrote the plain files of ${archives} that had none, or not all`);
    }
    failures.throwAny();
  }
}
