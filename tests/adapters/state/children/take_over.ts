/**
 * A command that wants the lock, as it is told: `take`, `release`, `abort`, `exclude ROUNDS`. Its
 * argument is the state's folder.
 */
import { open, unlink } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { takeOver } from "../../../../adapters/state/handover.ts";
import type { Lock } from "../../../../adapters/state/lock.ts";
import { isArchiveError } from "../../../../core/errors.ts";

const [state = ""] = process.argv.slice(2);
const held: Lock[] = [];
let stop = new AbortController();

async function take(): Promise<string> {
  try {
    const lock = await takeOver(state, {
      purpose: "archiving",
      signal: stop.signal,
      onWait: ({ pid }) => console.log(`waits for ${pid}`),
    });
    held.push(lock);
    return `won ${Date.now()}`;
  } catch (error) {
    return isArchiveError(error) ? `${error.code}: ${error.message}` : `failed: ${error}`;
  }
}

/**
 * Goes in and out until so many times a relay made way for it; a file that can be made only once
 * shows when two are in.
 */
async function exclude(rounds: number): Promise<string> {
  let times = 0;
  while (times < rounds) {
    let waited = 0;
    const onWait = () => void waited++;
    const lock = await takeOver(state, { purpose: "counting", onWait }).catch((error: unknown) => {
      if (isArchiveError(error, "AlreadyExists")) return undefined;
      throw error;
    });
    if (lock !== undefined) {
      const inside = await open(join(state, "inside"), "wx");
      await inside.close();
      await unlink(join(state, "inside"));
      await lock.release();
      times += waited;
    }
    // Leaves the relay a chance to come back in between.
    await new Promise((resolve) => setTimeout(resolve, 300 * Math.random()));
  }
  return `${times} times`;
}

console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const [command, rounds = "0"] = line.split(" ");
  if (command === "take") take().then(console.log);
  else if (command === "exclude") exclude(Number(rounds)).then(console.log);
  else if (command === "abort") {
    stop.abort();
    stop = new AbortController();
  } else {
    for (const lock of held.splice(0)) await lock.release();
    console.log("released");
  }
}
process.exit(0);
