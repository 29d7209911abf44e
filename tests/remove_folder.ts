/**
 * Removing a test's folder that a process or a thread may still write to, which is about to end.
 *
 * @module
 */
import { rm } from "node:fs/promises";
import { until } from "./until.ts";

/**
 * Removes a folder; again and again while something new comes into it. Not every runtime's `rm` does
 * that itself.
 *
 * @param folder Which.
 */
export async function removeFolder(folder: string): Promise<void> {
  let last: unknown;
  const remove = () =>
    rm(folder, { recursive: true, force: true }).then(() => true, (error) => {
      last = error;
      return false;
    });
  await until(`${folder} is removed`, remove, undefined, () => Promise.resolve(`${last}`));
}
