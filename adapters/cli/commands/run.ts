/**
 * `archive run`: archives every session that is new or has changed. The default command.
 *
 * @module
 */
import { type Command, Option } from "commander";
import type { SessionId, SessionRef } from "../../../core/agent.ts";
import type { SessionOutcome } from "../../../core/archiving/archiving.ts";
import { isArchiveError } from "../../../core/errors.ts";
import type { SettledPlace } from "../../../core/archiving/late_writes.ts";
import type { AnsweredIntents } from "../answered_intents.ts";
import type { Call, CommonOptions, Perform } from "../call.ts";
import type { ExitCode } from "../exit.ts";
import type { OpenArchive } from "../open_archive.ts";
import { another, moment, wholeNumber } from "../option_values.ts";
import type { RunStyle } from "../run_report.ts";
import type { SeenSessions } from "../seen_sessions.ts";
import { ClosedPipe } from "../terminal.ts";

interface RunOptions extends CommonOptions, RunStyle {
  readonly concurrency?: number;
  readonly verify?: boolean;
  readonly rescan?: boolean;
  readonly watch?: boolean;
}

/** What `--watch` does not go with: it archives everything, for as long as it is not stopped. */
const NOT_WATCHED = ["session", "project", "since", "dryRun", "concurrency", "verify", "backend"];

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
      "sessions sent at once (default: 4)",
      wholeNumber("--concurrency", 1, 64),
    )
    .option(
      "--verify",
      "read back each copy that was made, and fail those that are not what was sent",
    )
    .option(
      "--rescan",
      "read every session, also those whose files show no change by their sizes and times",
    )
    .addOption(
      new Option("--watch", "stay, and archive each session when it has changed; Ctrl-C ends it")
        .conflicts([...NOT_WATCHED, "rescan", "timeout", "json"]),
    )
    .option("--verbose", "name every session, unchanged ones too")
    .action((options: RunOptions) =>
      perform(options, (call) => options.watch ? watch(call, options) : run(call, options))
    );
}

/** Archives what there is, and then what comes. */
async function watch(call: Call, options: RunOptions): Promise<ExitCode> {
  const { keepWatching, unlessBusy } = await import("../watching.ts");
  const code = await unlessBusy(call, () => run(call, options));
  if (call.signal.aborted) return code;
  const { path } = await call.config();
  return await keepWatching(call, options.config === undefined ? undefined : path);
}

async function run(call: Call, options: RunOptions): Promise<ExitCode> {
  const [opening, { Tally }, { SeenSessions }, { RunReport }, { beginTidying }, plain] =
    await Promise.all([
      import("../open_archive.ts"),
      import("../tally.ts"),
      import("../seen_sessions.ts"),
      import("../run_report.ts"),
      import("../tidying_up.ts"),
      import("../lacking_plain_files.ts"),
    ]);
  const seen = new SeenSessions(
    await opening.wantedAgents(call),
    await wantedSessions(call, options),
  );
  const archive = options.dryRun
    ? await opening.openToRead(call, seen.agents)
    : await opening.openToWrite(call, "archiving", seen.agents);
  const tally = new Tally(options.verbose ?? false);
  const lacking = new plain.LackingPlainFiles(call);
  const telling = new RunReport(call, options, archive, tally);
  const tidied = options.dryRun
    ? undefined
    : beginTidying(archive.archiver.backends, call.report, call.signal);
  try {
    const intents = await intentsToAnswer(call, options, archive);
    const ended = async (outcome: SessionOutcome) => {
      await telling.outcome(outcome);
      lacking.took(outcome);
      await intents?.ended(outcome);
    };
    const failures = [
      ...(options.dryRun ? [] : await tellEmptied(call, archive)),
      ...(options.dryRun ? [] : await tellLateWrites(call, archive)),
      ...await archiveEach(call, options, archive, seen, ended),
      ...(intents ? await archiveOthers(call, options, archive, intents, ended) : []),
      ...await failuresOf(() => lacking.write(options, archive, seen), call.signal),
      ...seen.missing(call.command("list"), options.session),
    ];
    await telling.end(failures);
    return telling.exitCode;
  } finally {
    await tidied?.();
    await archive.close();
  }
}

/**
 * What waits for the relay. A run into one of several backends answers nothing: the others' copies
 * are still to be made.
 */
async function intentsToAnswer(
  call: Call,
  { dryRun }: RunOptions,
  { state }: OpenArchive,
): Promise<AnsweredIntents | undefined> {
  const isPart = call.backend !== undefined && (await call.config()).backends.size > 1;
  if (dryRun || isPart) return undefined;
  const [{ AnsweredIntents }, { Outbox }, { outboxFolder }] = await Promise.all([
    import("../answered_intents.ts"),
    import("../../state/outbox.ts"),
    import("../../state/layout.ts"),
  ]);
  const intents = new AnsweredIntents(new Outbox(outboxFolder(state)));
  await intents.list(call.signal);
  return intents;
}

/** Archives what came while the run was at it, where it was to archive everything. */
async function archiveOthers(
  call: Call,
  { session, project, since, verify: readBack }: RunOptions,
  { archiver }: OpenArchive,
  intents: AnsweredIntents,
  ended: (outcome: SessionOutcome) => Promise<void>,
): Promise<readonly unknown[]> {
  if (session ?? project ?? since) return [];
  const { signal, report } = call;
  const { wantedAgents } = await import("../open_archive.ts");
  const agents = await wantedAgents(call);
  const gone = ({ id, store }: SessionId) =>
    report.note(`left ${id} alone: it is no longer in ${store}; archives of it stay`);
  return await failuresOf(async () => {
    const others = intents.others(archiver, agents, { signal, readBack }, gone);
    for await (const outcome of others) await ended(outcome);
  }, signal);
}

/** Tells which sessions `--project` means. */
async function wantedSessions(
  { terminal }: Call,
  { project }: RunOptions,
): Promise<(session: SessionRef) => boolean> {
  if (!project) return () => true;
  const [{ projectGlobs }, { pathRules, projectPaths }, { projectMatcher }] = await Promise.all([
    import("../project_globs.ts"),
    import("../../paths/project_paths.ts"),
    import("../../../core/routing.ts"),
  ]);
  const matches = await projectMatcher(projectGlobs(project, terminal), pathRules(terminal));
  return ({ projectPath }) => matches(projectPaths(projectPath));
}

/**
 * Tells of stores that were emptied or moved away, which shows in no session. Gives back why others
 * could not be looked at.
 */
async function tellEmptied(
  { report, signal }: Call,
  { archiver }: OpenArchive,
): Promise<readonly unknown[]> {
  return await failuresOf(async () => {
    for await (const { backend, copies } of archiver.forgetEmptied({ signal })) {
      await report.warn(
        `nothing is left on ${backend}, where ${copies} copies were made: all are made again`,
      );
    }
  }, signal);
}

/**
 * Looks after writes of earlier runs whose end is not known, and tells where one did harm. A backend
 * that does not answer says so itself when it is sent something; what is unknown stays so.
 */
async function tellLateWrites(
  { report, signal }: Call,
  { archiver }: OpenArchive,
): Promise<readonly unknown[]> {
  const { LATE_WRITE_MS } = await import("../../../core/archiving/late_writes.ts");
  return await failuresOf(async () => {
    const before = Date.now() - LATE_WRITE_MS;
    for await (const { backend, key, status } of archiver.settle({ before, signal })) {
      const found = LATE[status];
      if (found !== undefined) await report.warn(`${key} on ${backend} ${found}`);
    }
  }, signal);
}

/** What is told of a place where a write had no known end. */
const LATE: Readonly<Partial<Record<SettledPlace["status"], string>>> = {
  replaced: "is not what was archived last, since a write arrived late; it is looked at again",
  missing: "is gone; it is archived again",
  "came back": "was deleted and is there again, since a write arrived late; delete it again",
};

/** Archives, and gives back what failed beside single sessions. */
async function archiveEach(
  { report, signal }: Call,
  options: RunOptions,
  { archiver }: OpenArchive,
  seen: SeenSessions,
  ended: (outcome: SessionOutcome) => Promise<void>,
): Promise<readonly unknown[]> {
  const { Progress } = await import("../progress.ts");
  const { session: ids, since, dryRun, concurrency, verify: readBack, rescan } = options;
  const progress = new Progress(report, dryRun ? "looking at" : "archiving", "session");
  seen.tell((count) => progress.expect(count));
  try {
    return await failuresOf(async () => {
      const which = { ids, since, dryRun, concurrency, readBack, rescan, signal };
      for await (const outcome of archiver.archiveAll(which)) {
        await ended(outcome);
        await progress.step(outcome.copies.reduce((sum, { bytes }) => sum + bytes, 0));
      }
    }, signal);
  } finally {
    await progress.end();
  }
}

/** What fails of some work; that the user stopped it is no failure. */
async function failuresOf(
  work: () => Promise<void>,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  try {
    await work();
    return [];
  } catch (error) {
    if (error instanceof ClosedPipe) throw error;
    const failures: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
    return failures.filter((one) => !(signal.aborted && isArchiveError(one, "Aborted")));
  }
}
