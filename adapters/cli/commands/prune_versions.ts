/**
 * `archive prune-versions`: deletes earlier versions that were kept, once the user has seen which.
 *
 * @module
 */
import type { Command } from "commander";
import type { Archiver } from "../../../core/archiver.ts";
import type { PrunableVersion, PrunePlan } from "../../../core/prune/version_pruning.ts";
import { countText, momentText, sizeText } from "../amounts.ts";
import type { Call, CommonOptions, Perform } from "../call.ts";
import { EXIT, type ExitCode, UsageError } from "../exit.ts";
import { archiveKeysOrIds, resolveAll } from "../key_argument.ts";
import { another, span, wholeNumber } from "../option_values.ts";
import { printableLine } from "../printable.ts";
import { type ErrorJson, errorJson } from "../report.ts";

interface PruneOptions extends CommonOptions {
  readonly project?: readonly string[];
  readonly keep: number;
  readonly olderThan?: number;
  readonly delete?: boolean;
  readonly yes?: boolean;
}

/** See {@linkcode Define}. */
export function definePruneVersions(program: Command, perform: Perform): void {
  program.command("prune-versions")
    .summary("say which kept versions could go; --delete deletes them")
    .description(
      "Says which earlier versions of archives, kept when an overwrite would have lost something, " +
        "could go, and deletes them with --delete. The archive itself, the version with the most " +
        "messages and the newest one always stay, and so does what cannot be read.",
    )
    .argument(
      "[key...]",
      "keys of archives, or ids of sessions; all when left out",
      archiveKeysOrIds,
    )
    .option("--project <glob>", "only sessions of this folder; may be repeated", another)
    .option(
      "--keep <n>",
      "how many of a session's newest versions stay",
      wholeNumber("--keep", 1),
      1,
    )
    .option("--older-than <span>", "only versions kept longer ago, as 30d", span("--older-than"))
    .option("--delete", "delete them; asks first")
    .option("-y, --yes", "do not ask")
    .action((keys: string[], options: PruneOptions) =>
      perform(options, (call) => prune(call, keys, options))
    );
}

async function prune(
  call: Call,
  texts: readonly string[] = [],
  options: PruneOptions,
): Promise<ExitCode> {
  const { yes = false } = options;
  if (options.delete && !yes && !call.terminal.confirm) {
    throw new UsageError(
      "prune-versions --delete asks before it deletes, and nobody is here to ask; add --yes",
    );
  }
  const { plans, failures } = await find(call, texts, options);
  const { report } = call;
  if (!report.style.json) {
    for (const { problem } of plans) if (problem !== undefined) await report.note(problem);
  }
  const rows = plans.flatMap(rowsOf);
  const code = options.delete && rows.length > 0
    ? await deleteThem(call, plans, yes)
    : await tellFound(call, plans, rows);
  // What others have is worth seeing and deleting.
  for (const failure of failures) await report.error(failure);
  return failures.length > 0 ? EXIT.failed : code;
}

/** One plan a session and backend, and why others could not be made. */
async function find(
  call: Call,
  texts: readonly string[],
  { project, keep, olderThan }: PruneOptions,
): Promise<{ readonly plans: readonly PrunePlan[]; readonly failures: readonly unknown[] }> {
  const { openToRead } = await import("../open_archive.ts");
  const { terminal, report, signal } = call;
  const globs = project &&
    (await import("../project_globs.ts")).projectGlobs(project, terminal);
  const { archiver, close } = await openToRead(call);
  const plans: PrunePlan[] = [];
  try {
    await report.live("looking for versions …");
    const keys = texts.length > 0 ? await resolveAll(call, archiver, texts) : undefined;
    const keptBefore = olderThan === undefined ? undefined : new Date(Date.now() - olderThan);
    const filter = { keys, project: globs, keep, keptBefore, signal };
    for await (const plan of archiver.planPruning(filter)) plans.push(plan);
    return { plans, failures: [] };
  } catch (error) {
    // A key that names nothing, and a stop, end it all.
    if (plans.length === 0 || signal.aborted) throw error;
    return { plans, failures: [error] };
  } finally {
    await report.live();
    await close();
  }
}

/** A version that may go, as `--json` shows it. */
interface Row extends PrunableVersion {
  readonly archive: string;
  readonly backend: string;
  readonly status: "would delete" | "deleted" | "failed";
  readonly error?: ErrorJson;
}

function rowsOf({ archive, backend, goes }: PrunePlan): Row[] {
  return goes.map((version) => ({ ...version, archive, backend, status: "would delete" }));
}

/** What a dry run shows, and a deletion that has nothing to delete. */
async function tellFound(
  call: Call,
  plans: readonly PrunePlan[],
  rows: readonly Row[],
): Promise<ExitCode> {
  const { report } = call;
  if (report.style.json) await report.json(resultJson(plans, rows));
  for (const line of await linesOf(call, rows)) await report.say(`would delete ${line}`);
  const staying = countText(stayingOf(plans), "kept version");
  await report.say(
    rows.length === 0
      ? `no kept version may go (${staying} in all)`
      : `${amountOf(rows)} would go, ${stayingOf(plans)} stay; add --delete to delete them`,
  );
  return EXIT.done;
}

/** Of a session whose versions cannot go, those of others do. */
async function deleteThem(
  call: Call,
  plans: readonly PrunePlan[],
  yes: boolean,
): Promise<ExitCode> {
  const { report, signal } = call;
  if (!yes && !await isSure(call, plans.flatMap(rowsOf))) {
    await report.note("nothing was deleted");
    return EXIT.failed;
  }
  const { openToWrite } = await import("../open_archive.ts");
  const { archiver, close } = await openToWrite(call, "pruning versions");
  const rows: Row[] = [];
  try {
    for (const plan of plans) {
      if (signal.aborted) break;
      rows.push(...await deleteOf(call, archiver, plan));
    }
  } finally {
    await close();
  }
  if (report.style.json) await report.json(resultJson(plans, rows));
  const deleted = rows.filter(({ status }) => status === "deleted");
  await report.say(`deleted ${amountOf(deleted)}, ${stayingOf(plans)} stay`);
  return deleted.length === plans.flatMap(rowsOf).length ? EXIT.done : EXIT.failed;
}

async function deleteOf(call: Call, archiver: Archiver, plan: PrunePlan): Promise<Row[]> {
  const { report, signal } = call;
  const rows = new Map(rowsOf(plan).map((row) => [row.key, row]));
  try {
    for await (const { key } of archiver.pruneVersions(plan, { signal })) {
      const row = rows.get(key);
      if (row) rows.set(key, { ...row, status: "deleted" });
      await report.say(`deleted ${key} from ${plan.backend}`);
    }
    return [...rows.values()];
  } catch (error) {
    await report.error(error);
    const failed = { status: "failed", error: errorJson(error) } as const;
    return [...rows.values()].map((row) => row.status === "deleted" ? row : { ...row, ...failed });
  }
}

async function isSure(call: Call, rows: readonly Row[]): Promise<boolean> {
  const { terminal, signal } = call;
  for (const line of await linesOf(call, rows)) await terminal.stderr.write(`${line}\n`);
  return await terminal.confirm?.(`Delete ${amountOf(rows)} for good?`, signal) ?? false;
}

/** What versions are, one line each. */
async function linesOf(call: Call, rows: readonly Row[]): Promise<string[]> {
  const several = (await call.config()).backends.size > 1;
  return rows.map(({ key, size, messages, keptAt, backend }) => {
    const kept = `kept ${momentText(keptAt)} UTC`;
    const where = several ? [backend] : [];
    const line = [key, sizeText(size), countText(messages, "message"), kept, ...where].join("  ");
    return printableLine(line);
  });
}

function amountOf(rows: readonly Row[]): string {
  const bytes = rows.reduce((sum, { size }) => sum + size, 0);
  return `${countText(rows.length, "kept version")} (${sizeText(bytes)})`;
}

function stayingOf(plans: readonly PrunePlan[]): number {
  return plans.reduce((sum, { stays }) => sum + stays.length, 0);
}

function resultJson(plans: readonly PrunePlan[], rows: readonly Row[]) {
  return {
    versions: rows,
    bytes: rows.reduce((sum, { status, size }) => status === "failed" ? sum : sum + size, 0),
    stay: stayingOf(plans),
    problems: plans.flatMap(({ archive, backend, problem }) =>
      problem === undefined ? [] : [{ archive, backend, problem }]
    ),
  };
}
