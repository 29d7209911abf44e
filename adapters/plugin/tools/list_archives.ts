/**
 * The tool `list_archives`: what is archived.
 *
 * @module
 */
import { resolve, sep } from "node:path";
import { oneLine, shortened } from "../../../core/one_line.ts";
import type { EntryJson } from "../../cli/entry_json.ts";
import type { ToolContext } from "../contract.ts";
import { answerOf, type ArchiveTool, errorText } from "./archive_tool.ts";
import { day, text, wholeNumber } from "./arguments.ts";

const DEFAULT_LIMIT = 20;
const MOST = 100;

const ARGS = {
  projectPath: text(
    "Only sessions of this directory and of those below it, or of the directories that a glob " +
      'names; "**" means all projects, "." the current directory; the current project when left out',
  ),
  limit: wholeNumber(`At most so many; ${DEFAULT_LIMIT} when left out`, 1, MOST),
  since: day("Only sessions created on this day (UTC) or later, such as 2026-11-22"),
  title: text("Only sessions whose title holds this text, in whatever case"),
  backend: text("Only archives on the backend of this name; all backends when left out"),
};

/** See {@linkcode ArchiveTool}. */
export const listArchives: ArchiveTool<typeof ARGS> = {
  description:
    "List archived sessions, newest first: key, day of creation, title, directory, messages. By " +
    "default those of the current project: the git checkout, or without one the directory, with " +
    "all that is below. Use it to find an earlier session by project, day or title, also one that " +
    "OpenCode no longer has. retrieve_archive reads what it finds, restore_archive puts it back.",
  args: ARGS,
  async answer({ projectPath, limit = DEFAULT_LIMIT, since, title, backend }, call) {
    const project = projectPath === undefined
      ? projectOf(call.context)
      : placed(projectPath, call.context.directory);
    const ended = await call.program([
      "list",
      `--project=${withAllBelow(project)}`,
      // One more tells whether there are more.
      `--limit=${limit + 1}`,
      ...(since === undefined ? [] : [`--since=${since}`]),
      ...(title === undefined ? [] : [`--title=${title}`]),
      ...(backend === undefined ? [] : [`--backend=${backend}`]),
    ]);
    const entries = answerOf<readonly EntryJson[]>(ended);
    return [
      ...(entries.length === 0
        ? nothing(project, since ?? title ?? backend)
        : rows(entries.slice(0, limit))),
      ...(entries.length > limit ? [more(limit)] : []),
      ...ended.errors.map((error) => `Some archives may be missing here: ${errorText(error)}`),
    ].join("\n");
  },
};

/**
 * The checkout that the model works in. Its directory where there is none, and where that was entered
 * through a link: its sessions go by another path than the checkout's then.
 */
function projectOf({ directory, worktree }: ToolContext): string {
  return `${directory}${sep}`.startsWith(`${worktree}${sep}`) ? worktree : directory;
}

/** What is relative means where the model is, and not where the program runs. */
function placed(project: string, directory: string): string {
  return /^(~|\*\*)/.test(project) ? project : resolve(directory, project);
}

/** Who writes a glob says how deep. */
function withAllBelow(project: string): string {
  return /[*?]/.test(project) ? project : `${project.replace(/[/\\]+$/, "")}/**`;
}

function nothing(project: string, condition: string | undefined): string[] {
  const such = condition === undefined ? "session" : "such session";
  const all = project === "**" ? "" : ' To look at all projects, give "**" as projectPath.';
  return [`No ${such} of ${shortened(project, 200)} is archived.${all}`];
}

function more(limit: number): string {
  const rise = limit < MOST ? `a limit of up to ${MOST}, ` : "";
  return `There are older ones: give ${rise}a title, or a narrower projectPath.`;
}

function rows(entries: readonly EntryJson[]): string[] {
  return ["key | created | title | directory | messages", ...entries.map(row)];
}

/** Titles are one line for a list, and some are whole prompts. */
function row({ key, createdAt, title, projectPath, messages, problem }: EntryJson): string {
  const about = problem
    ? `(unreadable: ${problem})`
    : shortened(oneLine(title), 80) || "(no title)";
  return [key, createdAt.slice(0, "2026-11-22".length), about, projectPath, messages].join(" | ");
}
