/**
 * `archive run`: archives every session that is new or has changed. The default command.
 *
 * @module
 */
import type { Command } from "commander";
import type { SessionRef } from "../../../core/agent.ts";
import type { ArchiveAllOptions } from "../../../core/archiver.ts";
import { isArchiveError } from "../../../core/errors.ts";
import type { Call, Perform } from "../call.ts";
import type { ExitCode } from "../exit.ts";
import type { OpenArchive } from "../open_archive.ts";
import { another, moment, wholeNumber } from "../option_values.ts";
import type { RunReport, RunStyle } from "../run_report.ts";
import type { SeenSessions } from "../seen_sessions.ts";

interface RunOptions extends RunStyle {
  readonly session?: readonly string[];
  readonly project?: readonly string[];
  readonly since?: string;
  readonly concurrency?: number;
}

/** See {@linkcode Define}. */
export function defineRun(program: Command, perform: Perform): void {
  program.command("run")
    .summary("archive all new and changed sessions (the default)")
    .description(
      "Archives every session of this machine that is new or has changed. With nothing set up the " +
        "copies go to this machine's own disk.",
    )
    .option("--session <id...>", "only these sessions, also those whose archive you deleted")
    .option("--project <glob>", "only sessions of this folder; may be repeated", another)
    .option("--since <date>", "only sessions that changed since, as 2026-11-22", moment("--since"))
    .option("--dry-run", "find out everything and write nothing")
    .option(
      "--concurrency <n>",
      "sessions on their way at once (default: 4)",
      wholeNumber("--concurrency", 1, 64),
    )
    .option("--verbose", "name every session, unchanged ones too")
    .action((options: RunOptions) => perform(options, (call) => run(call, options)));
}

async function run(call: Call, options: RunOptions): Promise<ExitCode> {
  const [opening, { Tally }, { SeenSessions }, { RunReport }] = await Promise.all([
    import("../open_archive.ts"),
    import("../tally.ts"),
    import("../seen_sessions.ts"),
    import("../run_report.ts"),
  ]);
  const seen = new SeenSessions(await opening.knownAgents(call.terminal));
  const archive = options.dryRun
    ? await opening.openToRead(call, seen.agents)
    : await opening.openToWrite(call, "archiving", seen.agents);
  const tally = new Tally(options.verbose ?? false);
  const telling = new RunReport(call, options, archive, tally);
  try {
    if (!options.dryRun) await tellEmptied(call, archive);
    const failures = await archiveEach(call, options, archive, seen, telling);
    await telling.end([...failures, ...seen.missing(options.session)]);
    return telling.exitCode;
  } finally {
    await archive.close();
  }
}

/** A store that was emptied or moved away shows in no session. */
async function tellEmptied({ report, signal }: Call, { archiver }: OpenArchive): Promise<void> {
  for await (const { backend, copies } of archiver.forgetEmptied({ signal })) {
    await report.warn(
      `nothing is left on ${backend}, where ${copies} copies were made: all are made again`,
    );
  }
}

/** Archives, and gives back what failed beside single sessions. */
async function archiveEach(
  call: Call,
  options: RunOptions,
  { archiver }: OpenArchive,
  seen: SeenSessions,
  telling: RunReport,
): Promise<readonly unknown[]> {
  const { report, signal } = call;
  const [{ Progress }, { projectGlobs }, projects, { projectMatcher }] = await Promise.all([
    import("../progress.ts"),
    import("../project_paths.ts"),
    import("../../paths/project_paths.ts"),
    import("../../../core/routing.ts"),
  ]);
  const { session: ids, since, dryRun, concurrency } = options;
  const project = options.project && projectGlobs(options.project, call.terminal);
  const matches = project && await projectMatcher(project, projects.pathRules(call.terminal));
  const progress = new Progress(report, dryRun ? "looking at" : "archiving", "session");
  const wanted = ({ projectPath }: SessionRef) =>
    !matches || matches(projects.projectPaths(projectPath));
  seen.tell((sessions) => progress.expect(sessions.filter(wanted).length));
  const which: ArchiveAllOptions = { ids, project, since, dryRun, concurrency, signal };
  try {
    for await (const outcome of archiver.archiveAll(which)) {
      await telling.outcome(outcome);
      await progress.step(outcome.copies.reduce((sum, { bytes }) => sum + bytes, 0));
    }
    return [];
  } catch (error) {
    const failures: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
    return failures.filter((one) => !(signal.aborted && isArchiveError(one, "Aborted")));
  } finally {
    await progress.end();
  }
}
