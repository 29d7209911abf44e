/**
 * How long Gemini CLI keeps sessions.
 *
 * @module
 */
import { open, readFile } from "node:fs/promises";
import { jsonIn } from "../../../core/fields.ts";
import { chunksIn, linesIn } from "../files/lines.ts";
import { elementOf } from "../files/record.ts";
import { GeminiAccount } from "./account.ts";

/** When it is not told otherwise, in milliseconds. */
const KEPT = 30 * 24 * 60 * 60_000;

/**
 * Whether Gemini CLI, when it is not told otherwise, deletes a session as soon as it starts. It goes by
 * what the session says of its last change, and not by its file's time.
 *
 * @param path The session's file.
 */
export async function isSoonDeleted(path: string): Promise<boolean> {
  const account = new GeminiAccount({});
  if (path.endsWith(".json")) account.take(jsonIn(await readFile(path, "utf8")));
  else await takeLines(path, account);
  const { updatedAt } = account.summary();
  return updatedAt !== undefined && Date.now() - Date.parse(updatedAt) > KEPT;
}

async function takeLines(path: string, account: GeminiAccount): Promise<void> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    for await (const line of linesIn(chunksIn(file, size), true)) {
      account.take(elementOf(line).value);
    }
  } finally {
    await file.close();
  }
}
