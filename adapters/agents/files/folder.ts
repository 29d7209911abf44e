/**
 * Looking into an agent's folders. Links are not followed: what they lead to is not the agent's.
 *
 * @module
 */
import { type Dirent, lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { errorCode, fileError } from "../../state/file_error.ts";
import { type LookedAt, lookedAt } from "./token.ts";

/**
 * What a folder holds. Read at once, and not asynchronously: that takes many times as long, and tens of
 * thousands of files are looked at.
 *
 * @param path The folder.
 * @returns In the order of their names; nothing where there is no such folder.
 * @throws {ArchiveError} `Unauthorized` when this user may not look into it.
 */
export function entriesOf(path: string): readonly Dirent[] {
  return (unlessGone(path, () => readdirSync(path, { withFileTypes: true })) ?? [])
    .sort((one, other) => one.name < other.name ? -1 : 1);
}

/**
 * Whether an entry is a folder, and no link to one.
 *
 * @param entry Of a folder.
 */
export function isFolder(entry: Dirent): boolean {
  return entry.isDirectory();
}

/**
 * What a look at a file tells.
 *
 * @param path The file.
 * @returns Undefined when it is gone.
 */
export function lookAt(path: string): LookedAt | undefined {
  const stats = unlessGone(path, () => statSync(path, { bigint: true }));
  return stats && lookedAt(stats);
}

/**
 * What lies at a path.
 *
 * @param path The path.
 * @returns Undefined where there is nothing, or a link.
 */
export function kindOf(path: string): "file" | "folder" | undefined {
  const stats = unlessGone(path, () => lstatSync(path));
  return stats?.isFile() ? "file" : stats?.isDirectory() ? "folder" : undefined;
}

/**
 * What a small file says. Read at once, as folders are.
 *
 * @param path The file.
 * @returns Undefined when it is gone, or is no file: a pipe may never end.
 */
export function textOf(path: string): string | undefined {
  return unlessGone(path, () => {
    return statSync(path).isFile() ? readFileSync(path, "utf8") : undefined;
  });
}

function unlessGone<T>(path: string, look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw fileError(error, "cannot look at", path);
  }
}
