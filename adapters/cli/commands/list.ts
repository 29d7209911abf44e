/**
 * `archive list`: what is archived, newest first.
 *
 * @module
 */
import type { Command } from "commander";
import { parseArchiveKey } from "../../../core/keys/archive_key.ts";
import type { ArchiveEntry, ListFilter } from "../../../core/listing/listing.ts";
import { AGENTS } from "../../config/agent_names.ts";
import type { Call, CommonOptions, Perform } from "../call.ts";
import type { Column } from "../columns.ts";
import { entryJson } from "../entry_json.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import type { OpenArchive } from "../open_archive.ts";
import { another, moment, oneOf, wholeNumber } from "../option_values.ts";

interface ListOptions extends CommonOptions {
  readonly project?: readonly string[];
  readonly agent?: readonly string[];
  readonly files?: boolean;
  readonly since?: string;
  readonly until?: string;
  readonly title?: string;
  readonly limit: number;
  readonly versions?: boolean;
}

/** Reads one more name of an agent. */
const agents = oneOf("--agent", Object.keys(AGENTS));

/** See {@linkcode Define}. */
export function defineList(program: Command, perform: Perform): void {
  program.command("list")
    .summary("list archives, newest first")
    .description("Lists archives by the day their session was created, newest first.")
    .option("--project <glob>", "only sessions of this folder; may be repeated", another)
    .option("--agent <name>", "only sessions of this agent; may be repeated", agents)
    .option("--since <date>", "only sessions created on this day (UTC) or later", moment("--since"))
    .option(
      "--until <date>",
      "only sessions created on this day (UTC) or before",
      moment("--until"),
    )
    .option("--title <text>", "only titles that hold this text")
    .option("--limit <n>", "at most so many, 0 for all", wholeNumber("--limit", 0), 20)
    .option("--files", "also the files that lie beside sessions, which are archives of their own")
    .option("--versions", "also earlier versions that were kept; shows keys")
    .action((options: ListOptions) => perform(options, (call) => list(call, options)));
}

async function list(call: Call, options: ListOptions): Promise<ExitCode> {
  const { openToRead } = await import("../open_archive.ts");
  const archive = await openToRead(call);
  const limit = options.limit || Infinity;
  // One more tells whether there are more.
  const filter = { ...await filterOf(call, options), limit: limit + 1, signal: call.signal };
  const entries: ArchiveEntry[] = [];
  const failures: unknown[] = [];
  try {
    for await (const entry of archive.archiver.list(filter)) entries.push(entry);
  } catch (error) {
    // What other backends told is worth seeing.
    if (call.signal.aborted) throw error;
    failures.push(error);
  } finally {
    await archive.close();
  }
  const shown = entries.slice(0, limit);
  if (shown.length > 0 || failures.length === 0) await print(call, options, archive, shown);
  if (!options.json && shown.length < entries.length) {
    await call.report.note(`these are the newest ${limit}; --limit 0 lists all`);
  }
  for (const failure of failures) throw failure;
  return EXIT.done;
}

async function print(
  call: Call,
  options: ListOptions,
  archive: OpenArchive,
  entries: readonly ArchiveEntry[],
): Promise<void> {
  const { report } = call;
  if (report.style.json) await report.json(entries.map(entryJson));
  else if (report.style.quiet) await report.print(entries.map(({ key }) => `${key}\n`).join(""));
  else if (entries.length === 0) await report.note(nothing(call, options, archive.place));
  else await printTable(call, options, entries, archive.archiver.backends.length > 1);
}

async function filterOf({ terminal }: Call, options: ListOptions): Promise<ListFilter> {
  const { since, until, title, versions, agent: agents, files } = options;
  const project = options.project &&
    (await import("../project_globs.ts")).projectGlobs(options.project, terminal);
  const days = { since: dayOf(since), until: dayOf(until) };
  return { project, agents, ...days, title, versions, withoutFiles: !files };
}

function dayOf(moment: string | undefined): string | undefined {
  return moment?.slice(0, "2026-11-22".length);
}

function nothing(
  { command }: Call,
  { project, agent, since, until, title }: ListOptions,
  place: string,
): string {
  return project || agent || since || until || title
    ? `no archive ${place} is like that; "${command("list")}" without conditions lists all`
    : `nothing is archived ${place} yet; "${command("run")}" does it`;
}

/** Columns from which on there is room for the time of day. */
const WIDE = 100;

async function printTable(
  { report }: Call,
  { versions }: ListOptions,
  entries: readonly ArchiveEntry[],
  namesBackends: boolean,
): Promise<void> {
  const [{ tableLines }, { momentText, sizeText }, { printableLine }] = await Promise.all([
    import("../columns.ts"),
    import("../amounts.ts"),
    import("../printable.ts"),
  ]);
  const namesAgents = new Set(entries.map(({ agent }) => agent)).size > 1;
  const wide = (report.columns ?? Infinity) >= WIDE;
  const columns: Column[] = [
    // An id names an archive only where it has one.
    { name: versions ? "KEY" : "SESSION" },
    { name: wide ? "UPDATED (UTC)" : "UPDATED" },
    { name: "MSGS", align: "right" },
    { name: "SIZE", align: "right" },
    ...(namesBackends ? [{ name: "BACKENDS", least: 8 }] : []),
    ...(namesAgents ? [{ name: "AGENT" }] : []),
    { name: "PROJECT", least: 8, cut: "start" },
    { name: "TITLE", least: 12 },
  ];
  const rows = entries.map((entry) =>
    [
      versions ? entry.key : entry.id,
      momentText(entry.updatedAt).slice(0, wide ? undefined : "2026-11-22".length),
      String(entry.messages),
      sizeText(entry.size),
      ...(namesBackends ? [entry.backends.join(", ")] : []),
      ...(namesAgents ? [entry.agent] : []),
      entry.projectPath || (parseArchiveKey(entry.key)?.project ?? ""),
      entry.problem ? `(unreadable: ${entry.problem})` : entry.title || "(no title)",
    ].map(printableLine)
  );
  await report.print(`${tableLines(columns, rows, report.columns).join("\n")}\n`);
}
