/**
 * `archive restore`: puts an archive back into its agent.
 *
 * @module
 */
import type { Command } from "commander";
import type { RestoreOutcome } from "../../../core/agent.ts";
import { ArchiveError } from "../../../core/errors.ts";
import type { Call, CommonOptions, Perform } from "../call.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { keyOrId } from "../key_argument.ts";
import { restoredJson } from "../restored_json.ts";

interface RestoreOptions extends CommonOptions {
  readonly into?: string;
  readonly newId?: boolean;
  readonly children: boolean;
  readonly dryRun?: boolean;
}

/** See {@linkcode Define}. */
export function defineRestore(program: Command, perform: Perform): void {
  program.command("restore")
    .summary("put an archived session back into its agent")
    .description(
      "Puts an archived session back into its agent, with the sessions it started, reads it again " +
        "and says where it differs. A session that exists is never changed.",
    )
    .argument("<key>", "the archive's key, or its session's id", keyOrId)
    .option("--into <dir>", "into this project; by default the one it belonged to")
    .option("--new-id", "under new ids, so that it stands beside an existing one")
    .option("--no-children", "without the sessions it started")
    .option("--dry-run", "check everything and change nothing")
    .action((key: string, options: RestoreOptions) =>
      perform(options, (call) => restore(call, key, options))
    );
}

async function restore(call: Call, text: string, options: RestoreOptions): Promise<ExitCode> {
  const { report } = call;
  const outcomes = await restored(call, text, options, MOST_REPLACED);
  if (report.style.json) await report.json(outcomes.map(restoredJson));
  else for (const outcome of outcomes) await tell(call, outcome);
  const wrong = outcomes.some(({ status, differences }) =>
    status === "existing" || status === "failed" || differences.length > 0
  );
  return wrong ? EXIT.failed : EXIT.done;
}

/** How often an archive may be replaced while it is read. */
const MOST_REPLACED = 3;

async function restored(
  call: Call,
  text: string,
  options: RestoreOptions,
  mayBeReplaced: number,
): Promise<readonly RestoreOutcome[]> {
  const { terminal, signal } = call;
  const [{ knownAgents, openToRead }, { explainingDamage, isReplaced }] = await Promise.all([
    import("../open_archive.ts"),
    import("../damaged_copy.ts"),
  ]);
  const { archiver, close } = await openToRead(call, await knownAgents(terminal));
  try {
    const { into, newId, children, dryRun } = options;
    const directory = into === undefined ? undefined : await absolute(into, terminal.cwd());
    const key = await archiver.resolve(text, { signal });
    const how = { directory, newId, children, dryRun, signal };
    return await explainingDamage(call, archiver, key, () => archiver.restore(key, how));
  } catch (error) {
    // All is read before the agent is touched.
    if (mayBeReplaced === 0 || !isReplaced(error)) throw error;
  } finally {
    await close();
  }
  return await restored(call, text, options, mayBeReplaced - 1);
}

async function absolute(path: string, cwd: string): Promise<string> {
  return (await import("node:path")).resolve(cwd, path);
}

async function tell({ report }: Call, outcome: RestoreOutcome): Promise<void> {
  const { archivedId, id, status, directory, differences, notes } = outcome;
  if (status === "existing") {
    await report.error(
      new ArchiveError(
        "AlreadyExists",
        `the agent has a session ${id} already, which was left alone; --new-id restores a copy ` +
          "beside it, in OpenCode; elsewhere move the one that is there out of the way",
        { session: id },
      ),
    );
  } else if (status === "failed") {
    await report.error(outcome.error);
  } else {
    const as = id === archivedId ? "" : ` as ${id}`;
    await report.say(`${status} ${archivedId}${as} into ${directory}`);
  }
  for (const difference of differences) {
    const message = `what came back of ${id} differs from its archive: ${difference}`;
    await report.error(new ArchiveError("Corrupt", message, { session: id }));
  }
  for (const note of notes) await report.note(`${id}: ${note}`);
}
