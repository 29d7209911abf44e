/**
 * Whether one path lies below another, by the paths alone.
 *
 * @module
 */
import { isAbsolute, relative } from "node:path";

/**
 * Whether a path is a folder's own or lies below it. No link is followed.
 *
 * @param folder The folder's absolute path.
 * @param path An absolute path.
 */
export function contains(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return !/^\.\.([/\\]|$)/.test(way) && !isAbsolute(way);
}
