/**
 * The tool `archive_session`: archives one session now, and tells how archiving stands.
 *
 * @module
 */
import type { StatusJson } from "../../cli/status/status.ts";
import type { RunJson } from "../../cli/tally.ts";
import { ChildFailure, type Ended } from "../child.ts";
import { answerOf, type ArchiveTool, errorText, Refusal, type ToolCall } from "./archive_tool.ts";
import { text } from "./arguments.ts";

/** Large sessions go over slow lines, and a run before it may have to end first. */
const TIME = 300_000;

const ARGS = { sessionId: text("The session's id; the current session when left out") };

/** See {@linkcode ArchiveTool}. */
export const archiveSession: ArchiveTool<typeof ARGS> = {
  description:
    "Archive a session now: copy its current state to the archive and tell the copy's key. " +
    "Sessions are archived by themselves shortly after each turn, so use this only when the " +
    "user asks to archive, save or back up a session, or wants to know its key or how archiving " +
    "stands.",
  args: ARGS,
  async answer({ sessionId }, call) {
    const { context, program } = call;
    const id = sessionId ?? context.sessionID;
    const ended = await program(["run", "--verbose", `--session=${id}`], TIME);
    const isCurrent = id === context.sessionID;
    return [
      toldOf(id, ended),
      ...(isCurrent ? ["What this turn has still to come is not in it yet."] : []),
      await standing(call),
    ].join("\n");
  },
};

/** What became of each copy. */
function toldOf(id: string, ended: Ended): string {
  const { sessions, errors = [], stopped } = answerOf<RunJson>(ended);
  const problems = [...errors, ...ended.errors].map(errorText);
  if (sessions.length === 0) throw new Refusal(whyNot(id, problems, ended.notes));
  const keys = new Set(
    sessions.flatMap(({ key, status }) =>
      key !== null && (status === "archived" || status === "unchanged") ? [key] : []
    ),
  );
  const lines = sessions.map(({ backend, status, error }) =>
    `${backend}: ${status === "unchanged" ? "up to date before" : status}${
      error ? ` (${errorText(error)})` : ""
    }`
  );
  return [
    keys.size > 0 ? `Session ${id} is archived.` : `Session ${id} could not be archived.`,
    ...[...keys].map((key) => `key: ${key}`),
    ...lines,
    ...problems,
    ...(stopped ? ["It was stopped before it was done."] : []),
  ].join("\n");
}

/** How archiving stands in all. No store is asked. */
async function standing({ program, typed }: ToolCall): Promise<string> {
  try {
    const { well, summary } = answerOf<StatusJson>(await program(["status"]));
    const more = well ? "" : ` (the user sees more in a terminal: ${typed("status")})`;
    return `In all: ${summary}${more}`;
  } catch (error) {
    // What became of the session is worth telling all the same.
    if (!(error instanceof Refusal || error instanceof ChildFailure)) throw error;
    return `How archiving stands in all cannot be told: ${error.message}`;
  }
}

function whyNot(id: string, problems: readonly string[], notes: readonly string[]): string {
  const reasons = problems.length > 0 ? problems : notes.filter((note) => note.includes(id));
  return [`Session ${id} was not archived.`, ...reasons].join("\n");
}
