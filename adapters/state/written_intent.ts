/**
 * Writing an intent where it survives everything: a file of its own, whole or not there.
 *
 * Used by every call of an agent's hook, so nothing is imported that reading an outbox needs.
 *
 * @module
 */
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorCode, fileError } from "./file_error.ts";
import { syncFolder } from "./folder.ts";
import { type Intent, intentName, intentText } from "./intent.ts";

/** What the names of unfinished files begin with. */
export const TEMPORARY = ".tmp-";
/** How often a write is begun anew because its folder was removed under it. */
const TRIES = 3;

/**
 * Writes an intent, which survives everything once the promise resolves.
 *
 * @param folder The outbox; made when it is missing.
 * @param intent What it says.
 * @returns Its file's name.
 * @throws ArchiveError `Transient` on a full disk; nothing is left of it then.
 */
export async function writeIntent(folder: string, intent: Intent): Promise<string> {
  const text = intentText(intent);
  const name = await intentName(intent.session);
  for (let tries = 1;; tries++) {
    try {
      await writeOnce(folder, name, text);
      return name;
    } catch (error) {
      if (errorCode(error) !== "ENOENT" || tries === TRIES) {
        throw fileError(error, "cannot write down what to archive in", folder);
      }
    }
    // Looked at only now, since it is there but for the first time and for rare accidents.
    await makeFolder(folder);
  }
}

async function writeOnce(folder: string, name: string, text: string): Promise<void> {
  const temporary = join(folder, TEMPORARY + name);
  const handle = await open(temporary, "wx", 0o600);
  try {
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, join(folder, name));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
}

async function makeFolder(folder: string): Promise<void> {
  try {
    const made = await mkdir(folder, { recursive: true, mode: 0o700 });
    for (let at = folder;; at = dirname(at)) {
      await syncFolder(dirname(at));
      if (made === undefined || at.length <= made.length) return;
    }
  } catch (error) {
    throw fileError(error, "cannot make the outbox", folder);
  }
}
