/**
 * A lock that tests hold.
 *
 * @module
 */
import { type Lock, type LockOptions, tryLock } from "../../../adapters/state/lock.ts";

/**
 * Takes a lock.
 *
 * @param path Where its file belongs.
 * @param options What it is held for, and by what.
 * @throws ArchiveError The refusal, while somebody holds it.
 */
export async function acquireLock(path: string, options: LockOptions): Promise<Lock> {
  const outcome = await tryLock(path, options);
  if ("refusal" in outcome) throw outcome.refusal;
  return outcome;
}
