/**
 * What Gemini CLI leaves behind when it goes on with a session: a second file in which nothing is said.
 *
 * Put back, it would take the session along: Gemini CLI deletes such a file when it starts, and with it
 * all those that end in the same characters.
 *
 * @module
 */
import { jsonIn } from "../../../core/fields.ts";
import { textOf } from "../files/folder.ts";
import { GeminiAccount } from "./account.ts";

/** A longer one says something, in bytes. */
const LONGEST = 1 << 16;

/**
 * Whether a file is such a one. It has to be opened, which is done only where another file has the same
 * ending.
 *
 * @param path The file.
 * @param size Its length in bytes.
 */
export function isLeftBehind(path: string, size: number): boolean {
  if (size > LONGEST || !path.endsWith(".jsonl")) return false;
  const account = new GeminiAccount({});
  for (const line of (textOf(path) ?? "").split("\n")) account.take(jsonIn(line));
  return account.createdAt !== undefined && account.summary().messages === 0;
}
