/**
 * Looking into an agent's folders. Links are not followed: what they lead to is not the agent's.
 *
 * @module
 */
import { type Dirent, lstatSync, readdirSync, statSync } from "node:fs";
import { type LookedAt, lookedAt } from "./token.ts";

/**
 * What a folder holds. Read at once, and not asynchronously: that takes many times as long, and tens of
 * thousands of files are looked at.
 *
 * @param path The folder.
 * @returns In the order of their names; nothing where there is no such folder.
 */
export function entriesOf(path: string): readonly Dirent[] {
  return (unlessGone(() => readdirSync(path, { withFileTypes: true })) ?? [])
    .sort((one, other) => one.name < other.name ? -1 : 1);
}

/**
 * What a look at a file tells.
 *
 * @param path The file.
 * @returns Undefined when it is gone.
 */
export function lookAt(path: string): LookedAt | undefined {
  const stats = unlessGone(() => statSync(path, { bigint: true }));
  return stats && lookedAt(stats);
}

/**
 * What lies at a path.
 *
 * @param path The path.
 * @returns Undefined where there is nothing, or a link.
 */
export function kindOf(path: string): "file" | "folder" | undefined {
  const stats = unlessGone(() => lstatSync(path));
  return stats?.isFile() ? "file" : stats?.isDirectory() ? "folder" : undefined;
}

function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
