/**
 * The tool `delete_archive`: deletes one archive, once the user has allowed it.
 *
 * @module
 */
import type { DeleteOutcome } from "../../../core/prune/deletion.ts";
import type { EntryJson } from "../../cli/entry_json.ts";
import { answerOf, type ArchiveTool, errorText, Refusal, type ToolCall } from "./archive_tool.ts";
import { text } from "./arguments.ts";
import { KEY } from "./keys.ts";

const ARGS = {
  key: KEY,
  backend: text(
    "The backend whose copy is deleted; needed only where several backends have one",
  ),
};

/** See {@linkcode ArchiveTool}. */
export const deleteArchive: ArchiveTool<typeof ARGS> = {
  description:
    "Delete one archive for good. Use it only when the user asks for exactly that. The session in " +
    "OpenCode stays, and is archived again only once it changes. The user may be asked first.",
  args: ARGS,
  async answer({ key, backend }, call) {
    const entry = await found(key, backend, call);
    const [holder, ...others] = entry.backends;
    if (others.length > 0) {
      throw new Refusal(
        `Nothing was deleted: ${entry.key} is on ${entry.backends.join(" and ")}. Ask the user ` +
          "which copy is meant, and give that backend; for all copies, call once for each.",
      );
    }
    await ask(entry, call);
    const deletion = ["--yes", `--backend=${holder}`, "--", entry.key];
    const ended = await call.program(["delete", ...deletion]);
    const [outcome] = answerOf<readonly DeleteOutcome[]>(ended);
    if (!outcome) {
      throw new Refusal(["Nothing was deleted.", ...ended.errors.map(errorText)].join("\n"));
    }
    const kept = outcome.versions.length > 0
      ? [`Earlier versions of it are still there: ${outcome.versions.join(", ")}`]
      : [];
    return [`Deleted ${outcome.key} from ${outcome.backends.join(", ")}.`, ...kept].join("\n");
  },
};

/** Looks up what would go, so that the user is asked about the thing and not about a text. */
async function found(
  key: string,
  backend: string | undefined,
  { program }: ToolCall,
): Promise<EntryJson> {
  const where = backend === undefined ? "--all-backends" : `--backend=${backend}`;
  const ended = await program(["delete", "--dry-run", where, "--", key]);
  const [entry] = answerOf<readonly EntryJson[]>(ended);
  if (!entry) throw new Refusal(`There is no archive ${key}.`);
  return entry;
}

/** Throws what OpenCode throws when it is refused, which ends the turn as for its own tools. */
async function ask(entry: EntryJson, { context }: ToolCall): Promise<void> {
  const { key, backends, title, createdAt, projectPath, messages } = entry;
  await context.ask({
    permission: "delete_archive",
    patterns: [key],
    // Allowing one deletion is no leave for others.
    always: [],
    metadata: { key, title, created: createdAt, project: projectPath, messages, from: backends },
  });
}
