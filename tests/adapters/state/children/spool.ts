/** Spools for ever into the folder it is told, and says when it is at it. */
import process from "node:process";
import { FileSpool } from "../../../../adapters/state/spool.ts";

const spool = await FileSpool.open(process.argv[2] ?? "");
await spool.write(async function* () {
  for (let n = 0;; n++) {
    yield new Uint8Array(300_000);
    if (n === 1) console.log("writing");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}());
