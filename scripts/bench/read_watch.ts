/**
 * Tells whether files were read, by the times that the system keeps.
 *
 * @module
 */
import { readFileSync, statSync, utimesSync } from "node:fs";

/** Before any file was written: reading one moves it on, also where that is noted seldom. */
const NEVER = new Date(0);

/** Watches files. */
export class ReadWatch {
  readonly #files: readonly string[];

  /**
   * Begins to watch.
   *
   * @param files Their paths.
   */
  constructor(files: readonly string[]) {
    this.#files = files;
    for (const path of files) utimesSync(path, NEVER, statSync(path).mtime);
  }

  /**
   * Ends it.
   *
   * @throws Error when one was read, or when this system would not have told.
   */
  check(): void {
    const read = this.#files.filter(isRead);
    if (read.length > 0) throw new Error(`${read.length} files were read, such as ${read[0]}`);
    const [probe] = this.#files;
    readFileSync(probe);
    if (!isRead(probe)) throw new Error(`the disk of ${probe} does not note when a file is read`);
  }
}

function isRead(path: string): boolean {
  return statSync(path).atimeMs !== NEVER.getTime();
}
