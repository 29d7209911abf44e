/**
 * The tool `restore_archive`: puts an archived session back into OpenCode.
 *
 * @module
 */
import type { RestoredJson } from "../../cli/restored_json.ts";
import { answerOf, type ArchiveTool, errorText, Refusal } from "./archive_tool.ts";
import { decision } from "./arguments.ts";
import { KEY } from "./keys.ts";

const TIME = 300_000;

const ARGS = {
  key: KEY,
  newId: decision(
    "true: restore a copy under a new id, beside the session that OpenCode has; false (default): " +
      "under its own id",
  ),
};

/** See {@linkcode ArchiveTool}. */
export const restoreArchive: ArchiveTool<typeof ARGS> = {
  description:
    "Put an archived session back into OpenCode, with the sessions it started, so that the user " +
    "can go on in it. Use it when the user wants a lost or deleted session back. A session that " +
    "OpenCode has is never changed.",
  args: ARGS,
  async answer({ key, newId }, { program }) {
    const how = newId ? ["--new-id"] : [];
    const ended = await program(["restore", ...how, "--", key], TIME);
    const outcomes = answerOf<readonly RestoredJson[]>(ended);
    const lines = outcomes.flatMap(told);
    if (lines.length === 0) throw new Refusal(ended.errors.map(errorText).join("\n"));
    return lines.join("\n");
  },
};

function told({ archivedId, id, status, directory, differences, notes, error }: RestoredJson) {
  const also = [
    ...differences.map((difference) => `${id} differs from its archive: ${difference}`),
    ...notes,
  ];
  switch (status) {
    case "existing":
      return [
        `OpenCode has session ${id} already, and it was left alone. To get a copy of the ` +
        "archive beside it, call it again with newId true.",
      ];
    case "failed":
      return [`Session ${archivedId} could not be restored.`, ...(error ? [errorText(error)] : [])];
    default: {
      const as = id === archivedId ? "" : ` as ${id}`;
      return [
        `Restored session ${archivedId}${as}; it is in OpenCode's list of sessions in ${directory}.`,
        ...also,
      ];
    }
  }
}
