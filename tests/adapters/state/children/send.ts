/**
 * Sends and settles for ever, and prints each once the ledger says that it is durable.
 * Arguments: the ledger, what tells its keys from those of others.
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { FileLedger } from "../../../../adapters/state/ledger.ts";

const [path = "", round = "0"] = process.argv.slice(2);
const ledger = await FileLedger.open(path, { compactBytes: 3_000 });
let next = 0;

async function sendForEver(): Promise<void> {
  for (;;) {
    const key = `${round}-${next++}`;
    const open = await ledger.sending({ backend: "store", key, sha256: "0".repeat(64) });
    writeSync(1, `sent ${key}\n`);
    if (next % 5 === 0) continue;
    writeSync(1, `settling ${key}\n`);
    await ledger.settle(open);
    writeSync(1, `settled ${key}\n`);
  }
}

await Promise.all(Array.from({ length: 4 }, sendForEver));
