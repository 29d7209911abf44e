/**
 * A relay's life from its start to its end, the same in a process of its own and in a thread.
 *
 * @module
 */
import type { RelayLog } from "../state/relay_log.ts";
import type { WhyStopped } from "./relay.ts";
import { bugsTo, readyRelay, type RelayOptions } from "./run_relay.ts";

/**
 * Runs a relay until it is of no more use. What breaks it stands in its log, as far as there is one,
 * and is thrown.
 *
 * @param options What it is started with.
 * @param onReady Called when there is a log.
 * @returns Why it ended; undefined when another one is at work.
 */
export async function liveRelay(
  options: RelayOptions,
  onReady?: (log: RelayLog) => void,
): Promise<WhyStopped | undefined> {
  const { log, run } = await readyRelay(options);
  onReady?.(log);
  try {
    return await run();
  } catch (error) {
    bugsTo(log)(error);
    throw error;
  } finally {
    await log.flushed();
  }
}
