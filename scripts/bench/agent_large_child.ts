/**
 * Archives the one session of an agent's folder (`archive AGENT HOME TO`), or copies and hashes a file
 * (`copy FILE TO`), and prints how long that took and the most memory; without either it does nothing,
 * and prints what that took.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { peakMemory } from "./measure.ts";

const CHUNK = 1 << 18;

const [what, ...args] = process.argv.slice(2);
const ms = what === "archive"
  ? await archive(args[0], args[1], args[2])
  : what === "copy"
  ? await copy(args[0], args[1])
  : 0;
console.log(JSON.stringify({ ms, peak: await peakMemory() }));

async function archive(name: string, home: string, to: string): Promise<number> {
  const { Archiver, FileBackend } = await import("@session-archiver/archiver");
  const { FileLedger } = await import("../../adapters/state/ledger.ts");
  const { FileSpool } = await import("../../adapters/state/spool.ts");
  const { MADE_UP } = await import("./agent_homes.ts");
  const agents = MADE_UP.filter(({ folder }) => folder === name).map((made) => made.open(home));
  await mkdir(to);
  const start = performance.now();
  const archiver = new Archiver({
    agents,
    backends: [new FileBackend({ path: join(to, "archives") })],
    ledger: await FileLedger.open(join(to, "ledger.jsonl")),
    spool: await FileSpool.open(join(to, "spool")),
  });
  let archived = 0;
  for await (const { copies } of archiver.archiveAll()) {
    if (copies[0].error) throw copies[0].error;
    archived++;
  }
  if (archived !== 1) throw new Error(`${archived} sessions were archived instead of one`);
  return performance.now() - start;
}

/** As durably as an archive. */
async function copy(from: string, to: string): Promise<number> {
  await mkdir(to);
  const start = performance.now();
  const hash = createHash("sha256");
  const source = await open(from, "r");
  const target = await open(join(to, "copy"), "w");
  const chunk = new Uint8Array(CHUNK);
  for (;;) {
    const { bytesRead } = await source.read(chunk, 0, CHUNK);
    if (bytesRead === 0) break;
    hash.update(chunk.subarray(0, bytesRead));
    await target.write(chunk, 0, bytesRead);
  }
  await target.sync();
  await Promise.all([source.close(), target.close()]);
  return performance.now() - start;
}
