/**
 * Telling the relays of other configurations which one a directory goes by, a moment after the
 * start: see `adapters/state/assigned_directories.ts`.
 *
 * @module
 */
import type { Clock } from "./clock.ts";
import { doneWithin } from "./done_within.ts";
import type { PluginHost } from "./host.ts";
import { tell } from "./notices.ts";
import type { PluginSetup } from "./options.ts";

/** How long after a start it is told, when OpenCode has better to do, in milliseconds. */
const AFTER_MS = 1_000;
/** How long the disk has for it when OpenCode ends before, in milliseconds. */
const DISK_MS = 500;

/** A directory's note. */
export interface DirectoryNote {
  /** Sees to it that it is written, before OpenCode ends; waits half a second at most. Never rejects. */
  written(): Promise<void>;
}

/**
 * Writes it soon.
 *
 * @param host The directory's.
 * @param setup What OpenCode goes by there.
 * @param clock Tells when.
 */
export function noteDirectory(
  host: PluginHost,
  { state, named }: PluginSetup,
  clock: Clock,
): DirectoryNote {
  let writing: Promise<void> | undefined;
  const write = () =>
    writing ??= assign(state, host.directory, named).catch((error: Error) => {
      tell([host], "error", `Other configurations may archive from here, too: ${error.message}`);
    });
  clock.after(AFTER_MS, write);
  return { written: async () => void await doneWithin(DISK_MS, write(), clock) };
}

async function assign(state: string, directory: string, named: string | undefined): Promise<void> {
  const { assignDirectory } = await import("../state/assigned_directories.ts");
  await assignDirectory(state, directory, named);
}
