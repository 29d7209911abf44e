/**
 * Whoever has the lock and gives no sign of life: a process that was stopped, one of another machine
 * that is gone, or a file that nobody understands. Nothing is archived meanwhile, and nobody else
 * would say so.
 *
 * @module
 */
import { lockPath } from "../state/layout.ts";

/** A living holder touches the lock each minute; a network's clock may be some minutes off. */
const SILENT_MS = 5 * 60_000;

/**
 * Why nobody works in a state's folder, as far as its lock tells.
 *
 * @param state The folder.
 * @returns Undefined while there is no lock, or one that was touched a short while ago.
 */
export async function silenceIn(state: string): Promise<string | undefined> {
  const { lockAge } = await import("../state/lock.ts");
  const path = lockPath(state);
  const age = await lockAge(path);
  // A time to come is no sign of life either.
  if (age === undefined || Math.abs(age.silentMs) < SILENT_MS) return undefined;
  const { holder } = age;
  if (holder === undefined) return `${path} cannot be read; remove it if no archiver is running`;
  const { pid, hostname } = holder;
  return `process ${pid} on ${hostname} has ${path} and gives no sign of life; end it, or remove ` +
    "the file if there is no such process";
}
