/**
 * The tools that a model in OpenCode can call: the archive's own commands, in the words of models.
 *
 * They run the terminal's program in a child, so that nothing of backends, SDKs and sessions is
 * loaded here.
 *
 * @module
 */
import { runnerOf, type RunProgram } from "../child.ts";
import type { ToolDefinition } from "../contract.ts";
import type { PluginHost } from "../host.ts";
import { ownProgram } from "../own_program.ts";
import { archiveSession } from "./archive_session.ts";
import { definitionOf } from "./archive_tool.ts";
import { deleteArchive } from "./delete_archive.ts";
import { listArchives } from "./list_archives.ts";
import { restoreArchive } from "./restore_archive.ts";
import { retrieveArchive } from "./retrieve_archive.ts";

/**
 * Makes the tools.
 *
 * @param host Where they run.
 * @param run Runs the terminal's program; on this process's own runtime by default.
 * @returns The tools by name.
 */
export function archiveTools(
  host: PluginHost,
  run: RunProgram = runnerOf(() => ownProgram(host.env), host.env),
): Record<string, ToolDefinition> {
  const inTurn = oneWriterAtATime(run);
  return {
    archive_session: definitionOf(archiveSession, host, inTurn),
    list_archives: definitionOf(listArchives, host, inTurn),
    retrieve_archive: definitionOf(retrieveArchive, host, inTurn),
    delete_archive: definitionOf(deleteArchive, host, inTurn),
    restore_archive: definitionOf(restoreArchive, host, inTurn),
  };
}

/** Commands that change the archive, which one process at a time may. */
const WRITERS: ReadonlySet<string> = new Set(["run", "delete"]);

/** The end of the last of them, from whichever directory of this process it was called. */
let before: Promise<unknown> = Promise.resolve();

/**
 * Models call several tools at once, in several directories of one process; those that change the
 * archive wait for each other.
 */
function oneWriterAtATime(run: RunProgram): RunProgram {
  return async (argv, limits) => {
    if (!WRITERS.has(argv[0])) return await run(argv, limits);
    const mine = before.then(() => run(argv, limits));
    // How one ends is nothing to the next.
    before = mine.then(() => undefined, () => undefined);
    return await mine;
  };
}
