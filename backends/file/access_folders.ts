/**
 * Which folders a file backend hangs on: when one of them changes, so that it is another one or may be
 * written in, a place that refused to be written in may take it.
 *
 * @module
 */
import { paths } from "./builtins.ts";

/**
 * Names them: the root folder, and all above it. Any of them may be shut, and a disk be mounted on it.
 *
 * @param path The root's path. Nothing needs to be there.
 * @returns Absolute paths, the root's first.
 */
export function accessFolders(path: string): readonly string[] {
  const { dirname, resolve } = paths();
  const folder = resolve(path);
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...accessFolders(above)];
}
