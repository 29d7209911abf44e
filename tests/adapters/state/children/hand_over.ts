/**
 * A relay that does nothing but hold the lock, as its state folder's argument says, and hand it over.
 *
 * Says `holds`; `asked` when a command asks; `gave TIME` when it gave the lock back, which it does
 * once it is told `land` (or at once, with a second argument); and `holds` again. Ends when another
 * relay has the lock.
 */
import { open, unlink } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { isAsked, takeAsRelay } from "../../../../adapters/state/handover.ts";
import { until } from "../../../until.ts";

const [state = "", isQuick] = process.argv.slice(2);
const words = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

for (;;) {
  const lock = await takeAsRelay(state, { purpose: "archiving" });
  if (lock === undefined) break;
  const inside = await open(join(state, "inside"), "wx");
  await inside.close();
  console.log("holds");
  await until("a command asks", () => isAsked(state), 60_000);
  if (isQuick === undefined) {
    console.log("asked");
    await words.next();
  }
  await unlink(join(state, "inside"));
  const time = Date.now();
  await lock.release();
  console.log(`gave ${time}`);
}
console.log("not needed");
process.exit(0);
