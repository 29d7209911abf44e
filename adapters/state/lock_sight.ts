/**
 * A lock's file as it is seen: what stands in it, and whether its holder still lives. Writes nothing.
 *
 * Used by every call of an agent's hook, so nothing is imported that only writing needs.
 *
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import { errorCode } from "./file_error.ts";
import { fateOf, type ProcessIdentity } from "./process_identity.ts";

/** What stands in the file of a lock or of a claim. */
export interface LockHolder extends ProcessIdentity {
  /**
   * A relay works in the background and hands its lock over when it is asked; a command keeps it to
   * its end. A file that does not tell is a command's.
   */
  readonly kind: "relay" | "command";
  /** The machine's name, for people. */
  readonly hostname: string;
  /** What it is held for, as in "is archiving". */
  readonly purpose: string;
  /** Random; no two locks have the same. */
  readonly token: string;
  /** When it was taken, ISO 8601 in UTC, by the holder's clock. */
  readonly since: string;
}

/** A lock file as it was seen. */
export interface LockSight {
  /** Names exactly this lock, even when it cannot be read. */
  readonly token: string;
  /** What stands in it; undefined when it cannot be read. */
  readonly holder: LockHolder | undefined;
  /** For how long nobody touched it by the folder's own clock, in milliseconds. */
  readonly silentMs: number;
}

/** A lock whose holder cannot be looked at is free after this long without a touch. */
export const SILENT_LIMIT_MS = 10 * 60_000;

/**
 * Looks at a lock or a claim.
 *
 * @param path Where it would be.
 * @param folderNow The folder's own time, in milliseconds.
 * @returns What is there; undefined when nothing is.
 */
export async function lookAtLock(path: string, folderNow: number): Promise<LockSight | undefined> {
  let text: string;
  let ino: number;
  let mtimeMs: number;
  try {
    text = await readFile(path, "utf8");
    ({ ino, mtimeMs } = await stat(path));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  const holder = parseHolder(text);
  const token = holder?.token ?? `unreadable-${ino}-${Math.trunc(mtimeMs)}`;
  return { token, holder, silentMs: folderNow - mtimeMs };
}

/**
 * Whether nobody holds what was seen any more.
 *
 * @param sight What was seen.
 */
export async function isDead({ holder, silentMs }: LockSight): Promise<boolean> {
  const fate = holder === undefined ? "elsewhere" : await fateOf(holder, silentMs);
  // A time to come is that of a clock that was set back, and was not touched since either.
  return fate === "elsewhere" ? Math.abs(silentMs) > SILENT_LIMIT_MS : fate === "gone";
}

function parseHolder(text: string): LockHolder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const found: Partial<Record<keyof LockHolder, unknown>> = value;
  const { pid, token } = found;
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (typeof token !== "string" || !/^[\w-]{1,64}$/.test(token)) return undefined;
  const textIn = (key: keyof LockHolder): string => {
    const member = found[key];
    return typeof member === "string" ? member : "";
  };
  return {
    host: textIn("host"),
    boot: textIn("boot"),
    space: textIn("space"),
    pid,
    start: textIn("start"),
    kind: found.kind === "relay" ? "relay" : "command",
    hostname: textIn("hostname"),
    purpose: textIn("purpose"),
    token,
    since: textIn("since"),
  };
}
