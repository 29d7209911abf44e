/**
 * Whether all copies of sessions lie on the very disk that is to be freed of them.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** What is needed to know of a backend. */
export type Place = { readonly type: "file"; readonly path: string } | { readonly type: "s3" };

/**
 * Looks.
 *
 * @param places All backends.
 * @param stores Where the sessions are.
 * @returns The folders of all backends, where they are on the stores' disks; none where any is elsewhere.
 */
export async function foldersBeside(
  places: readonly Place[],
  stores: readonly string[],
): Promise<readonly string[]> {
  const folders = places.flatMap((place) => place.type === "file" ? [place.path] : []);
  if (folders.length < places.length) return [];
  const own = await Promise.all(stores.map(diskOf));
  const copies = await Promise.all(folders.map(diskOf));
  return copies.every((disk) => own.includes(disk)) ? folders : [];
}

/** The disk of a path, or of the nearest folder above that is there. */
async function diskOf(path: string): Promise<number> {
  for (let at = resolve(path);; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined);
    if (found || at === dirname(at)) return found?.dev ?? -1;
  }
}
