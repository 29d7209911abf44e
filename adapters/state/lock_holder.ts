/**
 * Who holds a lock, for those who do not want it themselves.
 *
 * Used by every call of an agent's hook, so nothing is imported that taking a lock needs.
 *
 * @module
 */
import { fileError } from "./file_error.ts";
import { isDead, type LockHolder, type LockSight, lookAtLock } from "./lock_sight.ts";
import { linePath, lockPath } from "./layout.ts";
import { isInSight, thisRun } from "./process_identity.ts";

export type { LockHolder };

/**
 * Who holds the lock now.
 *
 * @param path The lock's path.
 * @returns What stands in it; undefined when it is free, its holder is gone, or it is unreadable.
 */
export async function lockHolder(path: string): Promise<LockHolder | undefined> {
  try {
    const [sight] = await Promise.all([lookAtLock(path, 0), thisRun()]);
    if (sight?.holder === undefined) return undefined;
    const judged = await isInSight(sight.holder) ? sight : await lookByFolder(path);
    return judged === undefined || await isDead(judged) ? undefined : judged.holder;
  } catch (error) {
    throw fileError(error, "cannot read the lock", path);
  }
}

/** By the folder's own clock, which has to be asked by a file, for a holder that may be elsewhere. */
async function lookByFolder(path: string): Promise<LockSight | undefined> {
  const { unlinkIfThere, writeCandidate } = await import("./lock_file.ts");
  const candidate = await writeCandidate(path, "looking");
  try {
    return await lookAtLock(path, candidate.folderNow);
  } finally {
    await unlinkIfThere(candidate.path);
  }
}

/**
 * The relay that has the lock, or waits for a command to give it back.
 *
 * @param state The state's folder.
 */
export async function livingRelay(state: string): Promise<LockHolder | undefined> {
  const holder = await lockHolder(lockPath(state));
  if (holder === undefined || holder.kind === "relay") return holder;
  return await lockHolder(linePath(state));
}
