/**
 * What Linux tells of a process in `/proc`.
 *
 * @module
 */
import { readFile } from "node:fs/promises";

/**
 * The fields of a process's `stat`, from the third one on: its state, its parent, its group, its
 * session, and so on.
 *
 * @param pid Its number.
 * @throws What reading says, such as `ENOENT` when there is no such process.
 */
export async function procStat(pid: number): Promise<readonly string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The second field is the program's name in brackets and may hold anything, so count behind it.
  return stat.slice(stat.lastIndexOf(")") + 2).trim().split(" ");
}
