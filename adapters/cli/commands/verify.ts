/**
 * `archive verify`: reads archives back and proves that they are good.
 *
 * @module
 */
import type { Command } from "commander";
import { parseArchiveKey } from "../../../core/archive_key.ts";
import type { Archiver } from "../../../core/archiver.ts";
import { ArchiveError, isArchiveError } from "../../../core/errors.ts";
import type { VerifyOutcome } from "../../../core/verification.ts";
import type { Call, CommonOptions, Perform } from "../call.ts";
import { EXIT, type ExitCode, UsageError } from "../exit.ts";
import { keysOrIds, resolveAll } from "../key_argument.ts";
import type { OpenArchive } from "../open_archive.ts";

interface VerifyOptions extends CommonOptions {
  readonly all?: boolean;
  readonly verbose?: boolean;
}

/** See {@linkcode Define}. */
export function defineVerify(program: Command, perform: Perform): void {
  program.command("verify")
    .summary("read archives back and check them")
    .description(
      "Reads archives back: there, whole, of the hash that was archived, decodable. What is missing " +
        "or damaged is archived again by the next run, where its session is still there.",
    )
    .argument("[key...]", "keys, or ids of sessions", keysOrIds)
    .option("--all", "every archive there is, and every one that should be there")
    .option("--verbose", "name every archive, good ones too")
    .action((keys: string[], options: VerifyOptions) =>
      perform(options, (call) => verify(call, keys, options))
    );
}

type Counts = Record<VerifyOutcome["status"], number>;

async function verify(
  call: Call,
  texts: readonly string[] = [],
  options: VerifyOptions,
): Promise<ExitCode> {
  if (options.all ? texts.length > 0 : texts.length === 0) {
    throw new UsageError(
      "name the archives to verify by key or session id, or all of them by --all",
    );
  }
  const { archive, remembers } = await open(call);
  const found = new Findings(options.verbose ?? false);
  let failure: unknown;
  try {
    const keys = options.all ? undefined : await resolveAll(call, archive.archiver, texts);
    const doubts = remembers ? undefined : new Set<string>();
    await readBack(call, archive.archiver, keys, found, doubts);
  } catch (error) {
    if (!call.signal.aborted || !isArchiveError(error, "Aborted")) failure = error;
  } finally {
    await archive.close();
  }
  await tellEnd(call, found, remembers);
  if (failure !== undefined) throw failure;
  return call.signal.aborted || found.differ > 0 ? EXIT.failed : EXIT.done;
}

/** Verifying needs no lock; remembering what is lost does. */
async function open(call: Call): Promise<{ archive: OpenArchive; remembers: boolean }> {
  const { openToRead, openToWrite } = await import("../open_archive.ts");
  try {
    return { archive: await openToWrite(call, "verifying"), remembers: true };
  } catch (error) {
    if (!isArchiveError(error, "AlreadyExists") && !isArchiveError(error, "Unauthorized")) {
      throw error;
    }
    await call.report.warn(
      `what is found lost is not remembered for the next run: ${error.message}`,
    );
    return { archive: await openToRead(call), remembers: false };
  }
}

/** What was found, counted; what differs is kept. */
class Findings {
  readonly counts: Counts = { ok: 0, missing: 0, damaged: 0, failed: 0 };
  readonly archives: VerifyOutcome[] = [];
  bytes = 0;
  readonly listsGood: boolean;

  constructor(listsGood: boolean) {
    this.listsGood = listsGood;
  }

  get differ(): number {
    return this.counts.missing + this.counts.damaged + this.counts.failed;
  }

  add(outcome: VerifyOutcome): void {
    this.counts[outcome.status]++;
    this.bytes += outcome.size;
    if (this.listsGood || outcome.status !== "ok") this.archives.push(outcome);
  }
}

/**
 * Reads back. With `doubts`, another process is writing meanwhile: what looks damaged is looked at
 * again with what that one has remembered since.
 */
async function readBack(
  call: Call,
  archiver: Archiver,
  keys: readonly string[] | undefined,
  found: Findings,
  doubts?: Set<string>,
): Promise<void> {
  const { report, signal } = call;
  const take = async (outcome: VerifyOutcome) => {
    found.add(outcome);
    await tell(call, outcome, found.listsGood);
  };
  const { Progress } = await import("../progress.ts");
  const progress = new Progress(report, "verifying", "archive");
  if (report.showsProgress) progress.expect(keys?.length ?? await countArchives(call, archiver));
  try {
    for await (const outcome of archiver.verify(keys, { signal })) {
      await progress.step(outcome.size);
      if (doubts && outcome.status === "damaged") doubts.add(outcome.key);
      else await take(outcome);
    }
  } finally {
    await progress.end();
  }
  if (!doubts || doubts.size === 0) return;
  const { openToRead } = await import("../open_archive.ts");
  const now = await openToRead(call);
  try {
    for await (const outcome of now.archiver.verify([...doubts], { signal })) await take(outcome);
  } finally {
    await now.close();
  }
}

/** How many archives there are, in the backends that can tell. */
async function countArchives({ signal }: Call, { backends }: Archiver): Promise<number> {
  let count = 0;
  for (const backend of backends) {
    try {
      for await (const page of backend.list({ signal })) {
        count += page.objects.filter(({ key }) => parseArchiveKey(key)).length;
      }
    } catch (error) {
      // Verifying meets the same failure and tells of it.
      if (!isArchiveError(error)) throw error;
    }
  }
  return count;
}

const STATES = { missing: "missing", damaged: "damaged", failed: "not readable now" } as const;

async function tell(
  { report }: Call,
  { key, backend, status, problem = "" }: VerifyOutcome,
  verbose: boolean,
): Promise<void> {
  if (report.style.json) return;
  if (status === "ok") {
    if (verbose) await report.say(`ok ${key} on ${backend}`);
    return;
  }
  const subject = problem.includes(key) ? "" : `${key} on ${backend} is ${STATES[status]}: `;
  const code = status === "missing" ? "NotFound" : status === "damaged" ? "Corrupt" : "Transient";
  await report.error(new ArchiveError(code, `${subject}${problem}`, { key, backend }));
}

async function tellEnd(call: Call, found: Findings, remembers: boolean): Promise<void> {
  const { report, signal } = call;
  const { counts, archives, bytes } = found;
  if (report.style.json) {
    return await report.json({ ...counts, archives, ...(signal.aborted && { stopped: true }) });
  }
  const { countText, sizeText } = await import("../amounts.ts");
  const total = counts.ok + found.differ;
  const results = (["missing", "damaged", "failed"] as const)
    .filter((status) => counts[status] > 0).map((status) => `${counts[status]} ${status}`);
  await report.say(
    `${signal.aborted ? "stopped: " : ""}verified ${countText(total, "archive")} ` +
      `(${sizeText(bytes)}): ${
        [`${counts.ok.toLocaleString("en-US")} good`, ...results].join(", ")
      }`,
  );
  if (remembers && counts.missing + counts.damaged > 0) {
    await report.note(
      "the next run uploads again what is missing or damaged, as far as its session is still there",
    );
  }
}
