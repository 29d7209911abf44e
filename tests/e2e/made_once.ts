/**
 * What takes long to make and many test files need: the first one makes it, and those that run at the
 * same time wait for that.
 *
 * @module
 */
import { tryLock } from "../../adapters/state/lock.ts";
import { lockHolder } from "../../adapters/state/lock_holder.ts";
import { until } from "../until.ts";

/** What making it takes at most, in milliseconds. */
const MAKING_MS = 300_000;

/**
 * Gives what is there, or makes it.
 *
 * @param lock The path of a file that stands for somebody's making it; its folder must exist.
 * @param look Looks for it; undefined while it is not there whole.
 * @param make Makes it. When it fails, the next one that waits tries.
 */
export async function madeOnce<T>(
  lock: string,
  look: () => Promise<T | undefined>,
  make: () => Promise<T>,
): Promise<T> {
  const made = await look();
  if (made !== undefined) return made;
  const turn = await until(`a turn at ${lock}`, () => takeTurn(lock), MAKING_MS);
  try {
    return await look() ?? await make();
  } finally {
    await turn.release();
  }
}

async function takeTurn(path: string) {
  if (await lockHolder(path) !== undefined) return undefined;
  const lock = await tryLock(path, { purpose: "making what tests need" });
  return "refusal" in lock ? undefined : lock;
}
