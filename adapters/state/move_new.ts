/**
 * Moving a file to where nothing is.
 *
 * @module
 */
import { link, rename } from "node:fs/promises";
import { errorCode } from "./file_error.ts";
import { isThere } from "./is_there.ts";

/** What file systems without hard links answer. */
const CANNOT_LINK = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/**
 * Moves a file that is whole to its place, unless something is there. A link never takes the place of
 * what is; on a file system without links it has to be looked at. The draft may still be there then.
 *
 * @param draft Where it is.
 * @param place Where it goes, in the same folder.
 * @returns Whether it is there now; not when something else was, or came first.
 */
export async function moveUnlessThere(draft: string, place: string): Promise<boolean> {
  try {
    await link(draft, place);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    if (!CANNOT_LINK.has(errorCode(error))) throw error;
  }
  if (await isThere(place)) return false;
  await rename(draft, place);
  return true;
}
