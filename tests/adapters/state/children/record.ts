/**
 * Records for ever, and prints each row once the ledger says that it is durable.
 * Arguments: the ledger, the first number, how many sessions, the size from which it is rewritten.
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { FileLedger } from "../../../../adapters/state/ledger.ts";
import { entry } from "../temporary.ts";

const [path = "", first = "0", sessions = "1", compactBytes = "0"] = process.argv.slice(2);
const ledger = await FileLedger.open(path, { compactBytes: Number(compactBytes) });
let next = Number(first);

async function recordForEver(): Promise<void> {
  for (;;) {
    const size = next++;
    const id = `ses_${size % Number(sessions)}`;
    const shape = [`info.title`, `todos.${size % 3}.content`];
    await ledger.record(entry(id, { size, extent: { ...entry(id).extent, shape } }));
    writeSync(1, `${id} ${size}\n`);
  }
}

await Promise.all(Array.from({ length: 4 }, recordForEver));
