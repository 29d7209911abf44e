/**
 * What `run` does: every session of a database into one backend, four at once, with a ledger and a
 * spool on disk.
 *
 * @module
 */
import { Archiver, type Backend, openCode } from "@session-archiver/archiver";
import { join } from "node:path";
import { FileLedger } from "../../adapters/state/ledger.ts";
import { FileSpool } from "../../adapters/state/spool.ts";

/**
 * Archives all sessions for the first time.
 *
 * @param database The path of OpenCode's database.
 * @param backend Where to; is closed.
 * @param folder Where the ledger and the spool are made.
 */
export async function archiveAll(
  database: string,
  backend: Backend,
  folder: string,
): Promise<void> {
  const ledger = await FileLedger.open(join(folder, `${crypto.randomUUID()}.jsonl`));
  const archiver = new Archiver({
    agents: [openCode({ database })],
    backends: [backend],
    ledger,
    spool: await FileSpool.open(join(folder, "spool")),
  });
  for await (const { session, copies } of archiver.archiveAll({ concurrency: 4 })) {
    if (copies[0].status !== "archived") throw copies[0].error ?? new Error(session.id);
  }
  await archiver.close();
  await ledger.close();
}
