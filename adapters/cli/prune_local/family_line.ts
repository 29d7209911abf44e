/**
 * A session with all that it started, as people are told of it.
 *
 * @module
 */
import type { LocalPlan } from "../../../core/prune/local_pruning.ts";
import { countText, momentText, sizeText } from "../amounts.ts";
import { printableLine } from "../printable.ts";

/** What plans and outcomes have in common. */
export type Family = Pick<LocalPlan, "sessions" | "bytes" | "title">;

/**
 * One line for it.
 *
 * @param family The session with all that it started.
 */
export function lineOf({ sessions, bytes, title }: Family): string {
  const [{ id, projectPath, updatedAt }] = sessions;
  const more = sessions.length > 1 ? [`with ${sessions.length - 1} that it started`] : [];
  const name = title === "" ? [] : [title];
  const parts = [id, ...more, sizeText(bytes), momentText(updatedAt), projectPath, ...name];
  return printableLine(parts.join("  "));
}

/**
 * How many sessions some families are, and how large.
 *
 * @param families Any.
 */
export function amountOf(families: readonly Family[]): string {
  const bytes = families.reduce((sum, { bytes }) => sum + bytes, 0);
  return `${countText(sessionsIn(families), "session")} (${sizeText(bytes)})`;
}

/**
 * How many sessions some families are.
 *
 * @param families Any.
 */
export function sessionsIn(families: readonly Family[]): number {
  return families.reduce((sum, { sessions }) => sum + sessions.length, 0);
}
