/**
 * Takes and gives back locks as it is told: `take PATH`, `release`, `exclude PATH ROUNDS`.
 */
import { open, unlink } from "node:fs/promises";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Lock } from "../../../../adapters/state/lock.ts";
import { isArchiveError } from "../../../../core/errors.ts";
import { acquireLock } from "../acquire_lock.ts";

const held: Lock[] = [];

async function take(path: string): Promise<string> {
  try {
    held.push(await acquireLock(path, { purpose: "archiving" }));
    return "won";
  } catch (error) {
    return isArchiveError(error, "AlreadyExists") ? `lost: ${error.message}` : `failed: ${error}`;
  }
}

async function release(): Promise<string> {
  for (const lock of held.splice(0)) await lock.release();
  return "released";
}

/** Goes in and out; a file that can be made only once shows when two are in. */
async function exclude(path: string, rounds: number): Promise<string> {
  let times = 0;
  while (times < rounds) {
    const lock = await acquireLock(path, { purpose: "counting" }).catch((error: unknown) => {
      if (isArchiveError(error, "AlreadyExists")) return undefined;
      throw error;
    });
    if (lock === undefined) continue;
    const inside = await open(`${path}-inside`, "wx");
    await inside.close();
    await unlink(`${path}-inside`);
    await lock.release();
    times++;
  }
  return `${times} times`;
}

console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const [command, path = "", rounds = "0"] = line.split(" ");
  if (command === "take") console.log(await take(path));
  else if (command === "exclude") console.log(await exclude(path, Number(rounds)));
  else console.log(await release());
}
process.exit(0);
