/**
 * `archive rebuild-ledger`: remembers anew what the backends hold.
 *
 * @module
 */
import type { Command } from "commander";
import type { RebuildOutcome } from "../../../core/ledger/ledger_rebuild.ts";
import { isArchiveError } from "../../../core/errors.ts";
import type { Call, CommonOptions, Perform } from "../call.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { wholeNumber } from "../option_values.ts";
import { OutcomeCounts } from "../outcome_counts.ts";

type Counts = OutcomeCounts<RebuildOutcome["status"]>;

const WORDS = {
  known: "known already",
  found: "found",
  corrected: "corrected",
  lost: "lost",
  left: "left alone",
  failed: "not readable now",
} as const;

interface RebuildLedgerOptions extends CommonOptions {
  readonly dryRun?: boolean;
  readonly concurrency?: number;
  readonly verbose?: boolean;
}

/** See {@linkcode Define}. */
export function defineRebuildLedger(program: Command, perform: Perform): void {
  program.command("rebuild-ledger")
    .summary("remember anew what the backends hold")
    .description(
      "Makes the ledger anew from the backends alone, where it was lost, damaged or comes from a " +
        "backup. What it knows rightly stays. Nothing is changed in any backend, and what is found " +
        "lost is archived again by the next run, where its session is still there.",
    )
    .option("--dry-run", "say what would be remembered, and change nothing")
    .option(
      "--concurrency <n>",
      "archives looked at at once (default: 8)",
      wholeNumber("--concurrency", 1, 64),
    )
    .option("--verbose", "name every archive, not only those that are not good")
    .action((options: RebuildLedgerOptions) =>
      perform(options, (call) => rebuildLedger(call, options))
    );
}

async function rebuildLedger(
  call: Call,
  { dryRun = false, concurrency, verbose = false }: RebuildLedgerOptions,
): Promise<ExitCode> {
  const [{ openToRead, openToWrite }, { Progress }] = await Promise.all([
    import("../open_archive.ts"),
    import("../progress.ts"),
  ]);
  const { report, signal } = call;
  const { archiver, remembered, close } = dryRun
    ? await openToRead(call)
    : await openToWrite(call, "rebuilding the ledger");
  const progress = new Progress(report, "looking at", "archive");
  progress.expectAbout(remembered());
  const outcomes: RebuildOutcome[] = [];
  const counts: Counts = new OutcomeCounts(WORDS);
  let failure: unknown;
  try {
    for await (const outcome of archiver.rebuildLedger({ dryRun, concurrency, signal })) {
      counts.add(outcome.status);
      await progress.step();
      if (!verbose && WELL.has(outcome.status)) continue;
      if (report.style.json) outcomes.push(outcome);
      else await tell(call, outcome);
    }
  } catch (error) {
    if (!signal.aborted || !isArchiveError(error, "Aborted")) failure = error;
  } finally {
    await progress.end();
    await close();
  }
  const stopped = signal.aborted ? { stopped: true } : {};
  if (report.style.json) await report.json({ ...counts.json(), archives: outcomes, ...stopped });
  else await tellEnd(call, counts);
  if (failure !== undefined) throw failure;
  const isGood = !signal.aborted && counts.of("lost", "failed") === 0;
  return isGood ? EXIT.done : EXIT.failed;
}

async function tellEnd({ report, signal }: Call, counts: Counts): Promise<void> {
  await report.say(`${signal.aborted ? "stopped: " : ""}${counts.line() || "there is nothing"}`);
  if (counts.of("lost") === 0) return;
  await report.note("the next run archives again what is lost, where its session is still there");
}

/** What is only told when everything is. */
const WELL: ReadonlySet<RebuildOutcome["status"]> = new Set(["known", "found", "corrected"]);

async function tell({ report }: Call, outcome: RebuildOutcome): Promise<void> {
  const { key, backend, status } = outcome;
  if ("problem" in outcome) await report.note(`${status} on ${backend}: ${outcome.problem}`);
  else await report.say(`${status} ${key} on ${backend}`);
}
