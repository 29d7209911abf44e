/**
 * Whether an archive is that of the session which its key names.
 *
 * @module
 */
import { parseArchiveKey } from "../keys/archive_key.ts";

/**
 * Tells what an archive is that lies under another one's key.
 *
 * @param found The agent, id and creation time that it tells of itself.
 * @param key Where it lies.
 * @param agent The agent whose session was archived there, where that is remembered.
 * @returns What it is, as the rest of a sentence; undefined where it is what it should be.
 */
export function strayOf(
  found: { readonly agent: string; readonly id: string; readonly createdAt: string },
  key: string,
  agent: string | undefined,
): string | undefined {
  const parts = parseArchiveKey(key);
  const fits = !parts || (parts.id === found.id && found.createdAt.startsWith(parts.date));
  if (!fits) {
    return `it is the archive of ${found.id} of ${found.createdAt}, which its key is not`;
  }
  if (agent === undefined || agent === found.agent) return undefined;
  return `it is a session of ${found.agent}, and that of ${agent} was archived there`;
}
