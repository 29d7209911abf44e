/**
 * How long Claude Code keeps sessions: it deletes, when it starts, what has not changed for some days.
 *
 * @module
 */
import { join } from "node:path";
import { DAY, deadlineOf } from "../files/deadline.ts";
import { lookAt } from "../files/folder.ts";
import type { FileFormat, FoundFile } from "../files/format.ts";
import { settingIn } from "../files/setting.ts";
import { SUBAGENTS } from "./paths.ts";

/** When it is not told otherwise. */
const DAYS = 30;

/** See {@linkcode FileFormat.deadlines}. */
export const deadlines: NonNullable<FileFormat["deadlines"]> = (home) => {
  const days = settingIn(join(home, "settings.json"), ["cleanupPeriodDays"]) ?? DAYS;
  // Where it has another value, Claude Code takes none and deletes nothing.
  if (!isDays(days)) return () => undefined;
  const sessions = new Map<string, number | undefined>();
  return (file) => {
    const path = sessionOf(file);
    if (!sessions.has(path)) sessions.set(path, timeOf(home, path, file));
    return deadlineOf(sessions.get(path) ?? file.modifiedMs, days * DAY);
  };
};

function isDays(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0;
}

/** The path of the file that a session, or the one that started it, has. */
function sessionOf({ path, parentId }: FoundFile): string {
  return parentId === undefined ? path : `${path.split(`/${SUBAGENTS}/`)[0]}.jsonl`;
}

function timeOf(home: string, path: string, file: FoundFile): number | undefined {
  return path === file.path ? file.modifiedMs : lookAt(join(home, path))?.modifiedMs;
}
