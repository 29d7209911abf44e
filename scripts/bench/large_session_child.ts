/**
 * Archives the sessions of a folder's database into it, and prints the most memory that took;
 * without a folder it does nothing, and prints what that took.
 *
 * @module
 */
import { join } from "node:path";
import process from "node:process";
import { peakMemory } from "./measure.ts";

const folder = process.argv[2];
let bytes = 0;
if (folder) {
  const { Archiver, FileBackend, openCode } = await import("@session-archiver/archiver");
  const { FileLedger } = await import("../../adapters/state/ledger.ts");
  const { FileSpool } = await import("../../adapters/state/spool.ts");
  const archiver = new Archiver({
    agents: [openCode({ database: join(folder, "opencode.db") })],
    backends: [new FileBackend({ path: join(folder, "archives") })],
    ledger: await FileLedger.open(join(folder, "ledger.jsonl")),
    spool: await FileSpool.open(join(folder, "spool")),
  });
  for await (const { copies } of archiver.archiveAll()) {
    if (copies[0].error) throw copies[0].error;
    bytes += copies[0].bytes;
  }
}
console.log(JSON.stringify({ peak: await peakMemory(), bytes }));
