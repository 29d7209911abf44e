/**
 * `archive prune-local`: deletes sessions from the agent that wrote them, to free the disk, once the
 * user has seen which and every copy is proven.
 *
 * @module
 */
import type { Command } from "commander";
import type { Agent } from "../../../core/agent.ts";
import type { LocalOutcome, LocalPlan } from "../../../core/prune/local_pruning.ts";
import type { Call, CommonOptions, Perform } from "../call.ts";
import { EXIT, type ExitCode, UsageError } from "../exit.ts";
import { another, byteSize, span } from "../option_values.ts";
import { amountOf, lineOf } from "../prune_local/family_line.ts";
import { isDeleted, tellDoubts, tellEnd, tellFound, tellOutcome } from "../prune_local/telling.ts";

interface PruneOptions extends CommonOptions {
  readonly olderThan?: number;
  readonly keepSize?: number;
  readonly keep?: readonly string[];
  readonly delete?: boolean;
  readonly yes?: boolean;
}

/** See {@linkcode Define}. */
export function definePruneLocal(program: Command, perform: Perform): void {
  program.command("prune-local")
    .summary("say which sessions could be deleted here; --delete deletes them")
    .description(
      "Says which sessions the agent could be rid of because the archive has them, and has the agent " +
        "delete them with --delete. Each is read once more, and its copy on every backend of its " +
        "rule is read back and compared; any doubt keeps it. What changed in the last day stays.",
    )
    .option(
      "--older-than <span>",
      "sessions that last changed longer ago, as 90d",
      span("--older-than"),
    )
    .option(
      "--keep-size <size>",
      "the oldest sessions, until what stays has this size, as 20GB",
      byteSize("--keep-size"),
    )
    .option(
      "--keep <glob|id>",
      "keep the sessions in this folder and below, or this one; may be repeated",
      another,
    )
    .option("--delete", "delete them from the agent; asks first")
    .option("-y, --yes", "delete them and do not ask")
    .action((options: PruneOptions) => perform(options, (call) => prune(call, options)));
}

async function prune(call: Call, options: PruneOptions): Promise<ExitCode> {
  const { yes = false } = options;
  const deletes = options.delete || yes;
  if (call.backend !== undefined) {
    throw new UsageError(
      "prune-local looks at every backend of a session's rule; leave --backend away",
    );
  }
  if (options.olderThan === undefined && options.keepSize === undefined) {
    throw new UsageError(
      "say which sessions: by their age with --older-than, or by what stays with --keep-size",
    );
  }
  if (deletes && !yes && !call.terminal.confirm) {
    throw new UsageError(
      "prune-local --delete asks before it deletes, and nobody is here to ask; add --yes",
    );
  }
  const { knownAgents } = await import("../open_archive.ts");
  const agents = await knownAgents(call.terminal);
  const plans = await find(call, agents, options);
  const going = plans.filter(({ verdict }) => verdict === "goes");
  if (deletes && going.length > 0) return await deleteThem(call, agents, plans, yes);
  await tellFound(call, plans);
  return EXIT.done;
}

async function find(
  call: Call,
  agents: readonly Agent[],
  { olderThan, keepSize: keepBytes, keep = [] }: PruneOptions,
): Promise<readonly LocalPlan[]> {
  const { openToRead } = await import("../open_archive.ts");
  const { idlePins, pinsOf } = await import("../prune_local/pins.ts");
  const { terminal, report, signal } = call;
  const { archiver, close, defaultFolder } = await openToRead(call, agents);
  try {
    await report.live("looking for sessions …");
    const now = new Date();
    const changedBefore = olderThan === undefined ? undefined : new Date(now.getTime() - olderThan);
    const filter = { now, changedBefore, keepBytes, keep: pinsOf(keep, terminal), signal };
    const plans = await archiver.planLocalPruning(filter);
    for (const pin of await idlePins(keep, plans.flatMap(({ sessions }) => sessions), terminal)) {
      await report.warn(`--keep ${pin} holds no session that is here`);
    }
    await warnOfOneDisk(call, defaultFolder, plans);
    return plans;
  } finally {
    await report.live();
    await close();
  }
}

/** A folder may be on another disk, but the one that is used when nothing is set up hardly is. */
async function warnOfOneDisk(
  { config, report }: Call,
  defaultFolder: string | undefined,
  plans: readonly LocalPlan[],
): Promise<void> {
  const { foldersBeside } = await import("../prune_local/same_disk.ts");
  const stores = [...new Set(plans.map(({ sessions: [{ store }] }) => store))];
  const folders = defaultFolder === undefined
    ? await foldersBeside([...(await config()).backends.values()], stores)
    : [defaultFolder];
  if (folders.length === 0) return;
  await report.warn(
    `the only copies are in ${
      folders.join(" and ")
    }, on this machine's own disk: deleting sessions ` +
      "frees little, and one broken disk takes all; add a backend elsewhere first",
  );
}

async function deleteThem(
  call: Call,
  agents: readonly Agent[],
  plans: readonly LocalPlan[],
  yes: boolean,
): Promise<ExitCode> {
  const { report, signal } = call;
  const going = plans.filter(({ verdict }) => verdict === "goes");
  await tellDoubts(call, plans);
  if (!yes && !await isSure(call, going)) {
    await report.note("nothing was deleted");
    return EXIT.failed;
  }
  const { openToWrite } = await import("../open_archive.ts");
  const { archiver, close } = await openToWrite(
    call,
    "deleting sessions that are archived",
    agents,
  );
  const outcomes: LocalOutcome[] = [];
  let failure: unknown;
  try {
    for await (const outcome of archiver.pruneLocal(going, { signal })) {
      outcomes.push(outcome);
      await tellOutcome(call, outcome);
    }
  } catch (error) {
    failure = error;
  } finally {
    await close();
  }
  await tellEnd(call, agents, plans, outcomes);
  if (failure !== undefined && !signal.aborted) throw failure;
  return outcomes.filter(isDeleted).length === going.length ? EXIT.done : EXIT.failed;
}

async function isSure(call: Call, going: readonly LocalPlan[]): Promise<boolean> {
  const { terminal, signal } = call;
  for (const plan of going) await terminal.stderr.write(`${lineOf(plan)}\n`);
  const question = `Delete ${amountOf(going)} from this machine? They stay in the archive.`;
  return await terminal.confirm?.(question, signal) ?? false;
}
