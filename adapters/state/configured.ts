/**
 * That a configuration was once in force whose file was there. Where that file is missing later,
 * nothing may go to the default folder that its rules would send elsewhere, or nowhere: everybody who
 * reads the configuration looks here then.
 *
 * @module
 */
import { isThere } from "./is_there.ts";
import { configuredPath } from "./layout.ts";
import { replaceFile } from "./replace_file.ts";

/**
 * Whether there was one.
 *
 * @param state The state's folder; nothing need be there.
 * @throws {ArchiveError} When it cannot be told.
 */
export async function wasConfigured(state: string): Promise<boolean> {
  // Its being there says all, should a power cut have emptied it.
  return await isThere(configuredPath(state));
}

/**
 * Remembers that one is in force. Only for the lock's holder, before it archives anything by it.
 *
 * @param state The state's folder; must exist.
 * @param configPath The configuration's file, for people who look into the folder.
 * @throws {ArchiveError} When it cannot be written down.
 */
export async function rememberConfigured(state: string, configPath: string): Promise<void> {
  if (await wasConfigured(state)) return;
  await replaceFile(configuredPath(state), `${configPath}\n`);
}
