/**
 * How long Gemini CLI keeps sessions.
 *
 * @module
 */
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fieldsOf, jsonIn } from "../../../core/fields.ts";
import { DAY, deadlineOf } from "../files/deadline.ts";
import type { FileFormat } from "../files/format.ts";
import { chunksIn, linesIn } from "../files/lines.ts";
import { elementOf } from "../files/record.ts";
import { settingIn } from "../files/setting.ts";
import { GeminiAccount } from "./account.ts";

/** When it is not told otherwise, in milliseconds. */
const KEPT = 30 * DAY;
/** The least that it takes for an age, when it is not told otherwise, in milliseconds. */
const LEAST = DAY;
const UNITS = new Map([["h", DAY / 24], ["d", DAY], ["w", 7 * DAY], ["m", 30 * DAY]]);

/**
 * See {@linkcode FileFormat.deadlines}. Sessions are not opened for what they say of their last change: it
 * goes by their files' times.
 */
export const deadlines: NonNullable<FileFormat["deadlines"]> = (home) => {
  const kept = keptBy(
    settingIn(join(home, "settings.json"), ["general", "sessionRetention"]),
  );
  if (kept === undefined) return () => undefined;
  const sessions = new Map<string, number>();
  return ({ id, parentId, modifiedMs }) => {
    // A session comes before those that it started.
    if (parentId === undefined) sessions.set(id, modifiedMs);
    return deadlineOf(sessions.get(parentId ?? id) ?? modifiedMs, kept);
  };
};

/** For how long sessions are kept, in milliseconds; undefined for ever. */
function keptBy(setting: unknown): number | undefined {
  const { enabled, maxAge, minRetention } = fieldsOf(setting);
  if (enabled === false) return undefined;
  const kept = maxAge === undefined ? KEPT : spanOf(maxAge);
  // Gemini CLI takes no age that is below the least, and deletes nothing then.
  return kept !== undefined && kept >= (spanOf(minRetention) ?? LEAST) ? kept : undefined;
}

/** A span of time as in `30d`, in milliseconds. */
function spanOf(value: unknown): number | undefined {
  const [, count, unit] = /^(\d+)([hdwm])$/.exec(String(value)) ?? [];
  return Number(count) > 0 ? Number(count) * (UNITS.get(unit) ?? NaN) : undefined;
}

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
