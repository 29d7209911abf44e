/**
 * The lock's file: how it comes into being whole, and who may take it away. `lock_sight.ts` has what
 * stands in it.
 *
 * One rule keeps removals apart without any timing: the file of a lock with a given token is
 * removed only by who holds the *claim* on that token, a file made in the same exclusive way beside
 * it. While the file is there no other lock can be made, so nobody ever removes a lock other than
 * the one that was judged. When a process dies between claim and removal, the next one puts its
 * claim behind the dead one's.
 *
 * @module
 */
import { type FileHandle, link, open, readdir, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { errorCode } from "./file_error.ts";
import { isDead, type LockHolder, lookAtLock } from "./lock_sight.ts";
import { thisProcess } from "./process_identity.ts";

/** A written file that is to become a lock or a claim. */
export interface Candidate {
  /** Where it is. */
  readonly path: string;
  /** What stands in it. */
  readonly holder: LockHolder;
  /** The folder's own time when it was written, in milliseconds. */
  readonly folderNow: number;
}

/**
 * Writes a candidate beside the lock. The caller removes it.
 *
 * @param path The lock's path.
 * @param purpose What it shall be held for.
 * @param kind What holds it.
 */
export async function writeCandidate(
  path: string,
  purpose: string,
  kind: LockHolder["kind"] = "command",
): Promise<Candidate> {
  const token = crypto.randomUUID();
  const holder: LockHolder = {
    ...await thisProcess(),
    kind,
    hostname: hostname(),
    purpose,
    token,
    since: new Date().toISOString(),
  };
  const file = `${path}.${token}.new`;
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(textOf(holder));
    await handle.datasync();
    const { mtimeMs } = await handle.stat();
    return { path: file, holder, folderNow: mtimeMs };
  } catch (error) {
    await unlink(file);
    throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Puts a candidate in place unless something is there already.
 *
 * @param candidate What to put there; still owned by the caller.
 * @param path The lock's or the claim's path.
 * @returns Whether it is in place now.
 */
export async function putInPlace(candidate: Candidate, path: string): Promise<boolean> {
  try {
    await link(candidate.path, path);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (CANNOT_LINK.has(code)) return await writeInPlace(candidate, path);
    if (code !== "EEXIST") throw error;
    // A network mount may link, lose the answer and find its own link when it asks again.
    return (await lookAtLock(path, candidate.folderNow))?.token === candidate.holder.token;
  }
}

/** What file systems without hard links answer. */
const CANNOT_LINK = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/**
 * Like {@linkcode putInPlace} without hard links: as exclusive, but others may see the file before
 * it is written, so they have to bear with one that cannot be read.
 *
 * @param candidate What to put there.
 * @param path The lock's or the claim's path.
 */
export async function writeInPlace(candidate: Candidate, path: string): Promise<boolean> {
  let handle: FileHandle;
  try {
    handle = await open(path, "wx", 0o600);
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
  try {
    await handle.writeFile(textOf(candidate.holder));
    await handle.datasync();
  } catch (error) {
    await unlink(path);
    throw error;
  } finally {
    await handle.close();
  }
  // Who slept for ten minutes in the middle of this has lost it.
  return (await lookAtLock(path, candidate.folderNow))?.token === candidate.holder.token;
}

/**
 * Removes the lock with the given token, if it is still there.
 *
 * @param path The lock's path.
 * @param token The token of the lock that was judged.
 * @param candidate The remover's candidate, which becomes its claim.
 * @returns Whether that lock is gone now; `false` while another process is at removing it.
 */
export async function removeLock(
  path: string,
  token: string,
  candidate: Candidate,
): Promise<boolean> {
  const claims: string[] = [];
  for (let n = 0;; n++) {
    const claim = `${path}.${token}.${n}.claim`;
    if (await putInPlace(candidate, claim)) {
      claims.push(claim);
      break;
    }
    const other = await lookAtLock(claim, candidate.folderNow);
    if (other === undefined || !await isDead(other)) return false;
    claims.push(claim);
  }
  const there = await lookAtLock(path, candidate.folderNow);
  if (there?.token === token) await unlinkIfThere(path);
  // Only now: whoever finds no claim finds no lock of this token either.
  for (const claim of claims) await unlinkIfThere(claim);
  return true;
}

/**
 * Touches a lock by writing what is there anyway, so that its age is told by the file system's own
 * clock.
 *
 * @param path The lock's path.
 * @param token The token it must have.
 * @returns Whether it is still there.
 */
export async function touchLock(path: string, token: string): Promise<boolean> {
  if ((await lookAtLock(path, 0))?.token !== token) return false;
  const handle = await open(path, "r+");
  try {
    await handle.write("{", 0);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  return true;
}

/**
 * Removes what killed processes left beside a lock: candidates and claims.
 *
 * @param path The path of a lock that the caller holds, so that all claims of others are spent.
 * @param folderNow The folder's own time, in milliseconds.
 */
export async function sweepBeside(path: string, folderNow: number): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder)) {
    const beside = name.startsWith(`${basename(path)}.`) && /\.(new|claim)$/.test(name);
    if (!beside) continue;
    const file = join(folder, name);
    const sight = await lookAtLock(file, folderNow);
    if (sight !== undefined && await isDead(sight)) await unlinkIfThere(file);
  }
}

/**
 * Removes a file; one that is not there is fine.
 *
 * @param path Which.
 */
export async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

function textOf(holder: LockHolder): string {
  return `${JSON.stringify(holder)}\n`;
}
