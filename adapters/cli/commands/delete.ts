/**
 * `archive delete`: removes archives, once the user has seen what they are.
 *
 * @module
 */
import type { Command } from "commander";
import type { Archiver } from "../../../core/archiver.ts";
import type { DeleteOutcome } from "../../../core/prune/deletion.ts";
import { isArchiveError, throwIfAborted } from "../../../core/errors.ts";
import { parseArchiveKey } from "../../../core/keys/archive_key.ts";
import { filesOf, sessionOfFiles } from "../../../core/keys/files_of.ts";
import type { ArchiveEntry } from "../../../core/listing/listing.ts";
import type { Call, CommonOptions, Perform } from "../call.ts";
import { entryJson } from "../entry_json.ts";
import { EXIT, type ExitCode, UsageError } from "../exit.ts";
import { keysOrIds } from "../key_argument.ts";
import { printableLine } from "../printable.ts";

interface DeleteOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly allBackends?: boolean;
  readonly dryRun?: boolean;
}

/** See {@linkcode Define}. */
export function defineDelete(program: Command, perform: Perform): void {
  program.command("delete")
    .summary("delete archives; asks first")
    .description(
      "Deletes archives, never sessions. A session whose archive you deleted is archived again " +
        "only once it changes, or when run --session names it. Kept versions stay; what was archived of " +
        "the files beside the session goes too, and plain files that a backend's layout has of it.",
    )
    .argument("<key...>", "keys, or ids of sessions", keysOrIds)
    .option("--all-backends", "wherever they are; needed where several backends have one")
    .option("-y, --yes", "do not ask")
    .option("--dry-run", "say what would be deleted, and delete nothing")
    .action((keys: string[], options: DeleteOptions) =>
      perform(options, (call) => deleteAll(call, keys, options))
    );
}

async function deleteAll(
  call: Call,
  texts: readonly string[],
  { yes = false, allBackends = false, dryRun = false }: DeleteOptions,
): Promise<ExitCode> {
  if (allBackends && call.backend !== undefined) {
    throw new UsageError("--all-backends and --backend exclude each other; leave one out");
  }
  if (!yes && !dryRun && !call.terminal.confirm) {
    throw new UsageError("delete asks before it deletes, and nobody is here to ask; add --yes");
  }
  const entries = await find(call, texts);
  if (!allBackends) { for (const entry of entries) checkHolders(entry); }
  if (dryRun) return await tellEntries(call, entries);
  if (!yes && !await isSure(call, entries)) {
    await call.report.note("nothing was deleted");
    return EXIT.failed;
  }
  const { knownAgents, openToWrite } = await import("../open_archive.ts");
  // They know which plain files are whose.
  const agents = await knownAgents(call.terminal);
  const { archiver, close } = await openToWrite(call, "deleting", agents);
  try {
    return await deleteEach(call, archiver, entries, allBackends);
  } finally {
    await close();
  }
}

/** Copies are made for more safety: which of them goes is for the user to say. */
function checkHolders({ key, backends }: ArchiveEntry): void {
  if (backends.length < 2) return;
  throw new UsageError(
    `${key} is on ${backends.join(" and ")}; --backend ${backends[0]} deletes one copy, ` +
      "--all-backends deletes all",
  );
}

/** One that fails does not keep the others, nor what was done from being told. */
async function deleteEach(
  call: Call,
  archiver: Archiver,
  entries: readonly ArchiveEntry[],
  everywhere: boolean,
): Promise<ExitCode> {
  const { report, signal } = call;
  const outcomes: DeleteOutcome[] = [];
  for (const { key } of entries) {
    try {
      throwIfAborted(signal, `deleting ${key}`);
      const outcome = await archiver.delete(key, { everywhere, signal });
      outcomes.push(outcome);
      await tell(call, outcome);
    } catch (error) {
      await report.error(error);
    }
  }
  if (report.style.json) await report.json(outcomes);
  return outcomes.length === entries.length ? EXIT.done : EXIT.failed;
}

/** All of them, or none: a wrong one among them shows before anything is deleted. */
async function find(call: Call, texts: readonly string[]): Promise<ArchiveEntry[]> {
  const { openToRead } = await import("../open_archive.ts");
  const { archiver, close } = await openToRead(call);
  const entries = new Map<string, ArchiveEntry>();
  try {
    for (const text of texts) {
      const key = await archiver.resolve(text, { signal: call.signal });
      entries.set(key, await archiver.entry(key, { signal: call.signal }));
      const beside = await besideOf(key, archiver, call.signal);
      if (beside) entries.set(beside.key, beside);
    }
  } finally {
    await close();
  }
  return [...entries.values()];
}

/** The archive of the files beside a session: nobody who deletes the session's wants to keep it. */
async function besideOf(
  key: string,
  archiver: Archiver,
  signal: AbortSignal,
): Promise<ArchiveEntry | undefined> {
  const { project, date, id, version } = parseArchiveKey(key) ?? {};
  if (id === undefined || version !== undefined || sessionOfFiles(id) !== undefined) {
    return undefined;
  }
  for (const ending of [".json", ".json.gz"]) {
    try {
      return await archiver.entry(`${project}/${date}/${filesOf(id)}${ending}`, { signal });
    } catch (error) {
      if (!isArchiveError(error, "NotFound")) throw error;
    }
  }
}

/** What `--dry-run` shows. */
async function tellEntries(call: Call, entries: readonly ArchiveEntry[]): Promise<ExitCode> {
  const { report } = call;
  if (report.style.json) await report.json(entries.map(entryJson));
  else for (const line of await linesOf(call, entries)) await report.say(`would delete ${line}`);
  return EXIT.done;
}

async function isSure(call: Call, entries: readonly ArchiveEntry[]): Promise<boolean> {
  const { terminal, signal } = call;
  const { countText } = await import("../amounts.ts");
  for (const line of await linesOf(call, entries)) await terminal.stderr.write(`${line}\n`);
  const answer = await terminal.confirm?.(
    `Delete ${countText(entries.length, "archive")} for good?`,
    signal,
  );
  return answer ?? false;
}

/** What archives are, one line each. */
async function linesOf(call: Call, entries: readonly ArchiveEntry[]): Promise<string[]> {
  const several = (await call.config()).backends.size > 1;
  const { sizeText } = await import("../amounts.ts");
  return entries.map(({ key, backends, title, size, projectPath }) => {
    const where = several ? [backends.join(", ")] : [];
    const line = [key, sizeText(size), ...where, projectPath, title || "(no title)"].join("  ");
    return printableLine(line);
  });
}

async function tell({ report }: Call, outcome: DeleteOutcome): Promise<void> {
  if (report.style.json) return;
  const { key, backends, versions, plainFiles = 0 } = outcome;
  const { countText } = await import("../amounts.ts");
  const plain = plainFiles > 0
    ? `, with ${countText(plainFiles, "plain file")} of its session`
    : "";
  await report.say(`deleted ${key} from ${backends.join(", ")}${plain}`);
  if (versions.length > 0) {
    await report.note(`kept versions of it are still there: ${versions.join(", ")}`);
  }
}
