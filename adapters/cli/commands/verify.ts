/**
 * `archive verify`: reads archives back and proves that they are good.
 *
 * @module
 */
import type { Command } from "commander";
import { isArchiveError } from "../../../core/errors.ts";
import type { VerificationMark, VerificationScope } from "../../state/verification_mark.ts";
import type { Call, CommonOptions, Perform } from "../call.ts";
import { EXIT, type ExitCode, UsageError } from "../exit.ts";
import { checkNamed, keysOrIds, resolveAll } from "../key_argument.ts";
import type { OpenArchive } from "../open_archive.ts";
import { share, wholeNumber } from "../option_values.ts";
import type { Findings } from "../verify/findings.ts";
import type { Verification } from "../verify/verification.ts";

interface VerifyOptions extends CommonOptions {
  readonly all?: boolean;
  readonly quick?: boolean;
  /** From 0 to 1. */
  readonly sample?: number;
  readonly resume?: boolean;
  readonly concurrency?: number;
  readonly verbose?: boolean;
}

/** See {@linkcode Define}. */
export function defineVerify(program: Command, perform: Perform): void {
  program.command("verify")
    .summary("read archives back and check them")
    .description(
      "Reads archives back: there, whole, of the hash that was archived, decodable, the same " +
        "everywhere. What is missing or damaged is archived again by the next run, where its " +
        "session is still there.",
    )
    .argument("[key...]", "keys, or ids of sessions", keysOrIds)
    .option("--all", "every archive there is, and every one that should be there")
    .option("--quick", "believe what the stores tell of size and etag, and read only the rest")
    .option(
      "--sample <n%>",
      "read only a share of all; what is missing is found",
      share("--sample"),
    )
    .option("--resume", "go on where the last --all was stopped")
    .option(
      "--concurrency <n>",
      "archives looked at at once (default: 8)",
      wholeNumber("--concurrency", 1, 64),
    )
    .option("--verbose", "name every archive, good ones too")
    .action((keys: string[], options: VerifyOptions) =>
      perform(options, (call) => verify(call, keys, options))
    );
}

async function verify(
  call: Call,
  texts: readonly string[] = [],
  options: VerifyOptions,
): Promise<ExitCode> {
  checkOptions(texts, options);
  const [{ openToRead }, { Findings }, { Progress }, { Verification }] = await Promise.all([
    import("../open_archive.ts"),
    import("../verify/findings.ts"),
    import("../progress.ts"),
    import("../verify/verification.ts"),
  ]);
  const { report, signal } = call;
  const archive = await openToRead(call);
  try {
    const { archiver } = archive;
    const several = archiver.backends.length > 1;
    const findings = new Findings({ report, verbose: options.verbose ?? false, several });
    const progress = new Progress(report, "verifying", "archive");
    const job = { call, archive, findings, progress, concurrency: options.concurrency };
    const mark = options.all ? await beginning(call, archive, options) : undefined;
    const verification = new Verification(job, mark);
    const { quick } = options;
    const sample = mark?.scope.share === undefined
      ? undefined
      : { share: mark.scope.share, seed: mark.seed };
    let failure: unknown;
    try {
      const keys = options.all ? undefined : await resolveAll(call, archiver, texts);
      const all = archive.remembered() * (quick ? 1 : sample?.share ?? 1);
      progress.expectAbout(keys?.length ?? Math.round(all) - findings.total);
      await verification.run(keys, { quick, sample });
    } catch (error) {
      if (!signal.aborted || !isArchiveError(error, "Aborted")) failure = error;
    } finally {
      await progress.end();
    }
    await tellEnd(call, findings, verification, mark);
    if (failure !== undefined) throw failure;
    return signal.aborted || findings.wrong > 0 ? EXIT.failed : EXIT.done;
  } finally {
    await archive.close();
  }
}

function checkOptions(texts: readonly string[], { all, sample, resume }: VerifyOptions): void {
  checkNamed(texts, all, "verify");
  const wanting = sample !== undefined ? "--sample" : resume ? "--resume" : undefined;
  if (wanting && !all) throw new UsageError(`${wanting} goes with --all; archives were named`);
}

async function beginning(call: Call, archive: OpenArchive, options: VerifyOptions) {
  const { markToBeginWith } = await import("../verify/resumption.ts");
  const { quick = false, sample, resume = false } = options;
  const backends = archive.archiver.backends.map(({ identity }) => identity);
  const scope: VerificationScope = {
    quick,
    ...(sample !== undefined && { share: sample }),
    backends,
  };
  return await markToBeginWith(call, archive.state, scope, resume);
}

async function tellEnd(
  call: Call,
  findings: Findings,
  { doubts, remembers }: Verification,
  mark: VerificationMark | undefined,
): Promise<void> {
  const { report, signal } = call;
  const stopped = signal.aborted;
  await findings.end(remembers);
  if (report.style.json) {
    return await report.json(findings.json({
      ...(mark?.after !== undefined && { resumedAfter: mark.after }),
      ...(stopped && { stopped }),
    }));
  }
  const { optionsText, wayText } = await import("../verify/resumption.ts");
  const way = mark ? wayText(mark.scope) : "";
  await report.say(
    `${stopped ? "stopped: " : ""}verified ${findings.amount()}${way}: ${findings.line()}`,
  );
  if (!stopped) return;
  if (doubts.length > 0) {
    const some = doubts.slice(0, 3).join(", ");
    const more = doubts.length > 3 ? ` and ${doubts.length - 3} more` : "";
    await report.warn(`not looked at again, though something looked wrong: ${some}${more}`);
  }
  if (mark) {
    const only = call.backend === undefined ? "" : ` --backend ${call.backend}`;
    const again = call.command(`verify ${optionsText(mark.scope)} --resume${only}`);
    await report.say(`${again} goes on from here`);
  }
}
