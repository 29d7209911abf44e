/**
 * `archive sync`: brings one backend level with another.
 *
 * @module
 */
import type { Command } from "commander";
import { isArchiveError } from "../../../core/errors.ts";
import type { SyncOutcome } from "../../../core/repair/sync_key.ts";
import { sizeText } from "../amounts.ts";
import type { Call, CommonOptions, Perform } from "../call.ts";
import { EXIT, type ExitCode, UsageError } from "../exit.ts";
import { wholeNumber } from "../option_values.ts";
import { OutcomeCounts } from "../outcome_counts.ts";
import { errorJson } from "../report.ts";

const WORDS = {
  copied: "copied",
  "would copy": "would be copied",
  same: "the same",
  ahead: "further on there",
  "only there": "only there",
  left: "left out",
  failed: "failed",
} as const;

interface SyncOptions extends CommonOptions {
  readonly dryRun?: boolean;
  readonly concurrency?: number;
  readonly verbose?: boolean;
}

/** See {@linkcode Define}. */
export function defineSync(program: Command, perform: Perform): void {
  program.command("sync")
    .summary("bring one backend level with another")
    .description(
      "Copies every archive and kept version that FROM has and TO lacks, as for moving to another " +
        "bucket. Hashes are compared, and what is copied is read back. Nothing is deleted anywhere; " +
        "what TO has and would lose is kept as a version. Stopped, it goes on when it is run again.",
    )
    .argument("<from>", "the backend to copy from")
    .argument("<to>", "the backend to copy to")
    .option("--dry-run", "say what would be copied, and write nothing")
    .option(
      "--concurrency <n>",
      "archives copied at once (default: 4)",
      wholeNumber("--concurrency", 1, 64),
    )
    .option("--verbose", "name every archive, also those that are the same")
    .action((from: string, to: string, options: SyncOptions) =>
      perform(options, (call) => sync(call, from, to, options))
    );
}

async function sync(
  call: Call,
  from: string,
  to: string,
  { dryRun = false, concurrency, verbose = false }: SyncOptions,
): Promise<ExitCode> {
  await checkNames(call, from, to);
  const [{ knownAgents, openToRead, openToWrite }, { Progress }] = await Promise.all([
    import("../open_archive.ts"),
    import("../progress.ts"),
  ]);
  const { report, signal } = call;
  const agents = await knownAgents(call.terminal);
  const { archiver, close } = dryRun
    ? await openToRead(call, agents)
    : await openToWrite(call, "copying archives", agents);
  const progress = new Progress(report, "comparing", "archive");
  const counts = new OutcomeCounts(WORDS);
  const outcomes: SyncOutcome[] = [];
  let bytes = 0;
  let failure: unknown;
  try {
    const how = { dryRun, concurrency, signal };
    for await (const outcome of archiver.sync(from, to, how)) {
      counts.add(outcome.status);
      await progress.step(outcome.size);
      if (outcome.status === "copied" || outcome.status === "would copy") bytes += outcome.size;
      if (!verbose && QUIET.has(outcome.status)) continue;
      if (report.style.json) outcomes.push(outcome);
      else await tell(call, outcome, to);
    }
  } catch (error) {
    if (!signal.aborted || !isArchiveError(error, "Aborted")) failure = error;
  } finally {
    await progress.end();
    await close();
  }
  if (report.style.json) {
    const result = { from, to, ...counts.json(), bytes, archives: outcomes.map(outcomeJson) };
    await report.json({ ...result, ...(signal.aborted && { stopped: true }) });
  } else {
    const stopped = signal.aborted ? "stopped: " : "";
    const size = bytes > 0 ? ` (${sizeText(bytes)})` : "";
    await report.say(`${stopped}${from} to ${to}: ${counts.line() || "there is nothing"}${size}`);
  }
  if (failure !== undefined) throw failure;
  return signal.aborted || counts.of("failed") > 0 ? EXIT.failed : EXIT.done;
}

async function checkNames(call: Call, from: string, to: string): Promise<void> {
  if (call.backend !== undefined) {
    throw new UsageError(`sync names its two backends itself; leave --backend ${call.backend} out`);
  }
  const { checkBackend } = await import("../configuration.ts");
  const config = await call.config();
  checkBackend("FROM", from, config);
  checkBackend("TO", to, config);
  if (from === to) throw new UsageError(`FROM and TO are both ${from}; name two backends`);
}

/** What there is nothing to say of, unless everything is to be named. */
const QUIET: ReadonlySet<SyncOutcome["status"]> = new Set(["same", "only there"]);

async function tell({ report }: Call, outcome: SyncOutcome, to: string): Promise<void> {
  const { key, status } = outcome;
  if (status === "failed") return await report.error(outcome.error);
  if (status === "left") return await report.note(`${outcome.why}, and is left out`);
  const kept = "version" in outcome && outcome.version !== undefined
    ? `; what ${to} had there is kept as ${outcome.version}`
    : "";
  await report.say(`${WORDS[status]}: ${key}${kept}`);
}

function outcomeJson(outcome: SyncOutcome) {
  return outcome.status === "failed" ? { ...outcome, error: errorJson(outcome.error) } : outcome;
}
