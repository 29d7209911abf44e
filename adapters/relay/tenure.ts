/**
 * When the relay may work: it takes the lock, works, gives the lock back, and takes it again when a
 * command is done with it or when something came at the last moment.
 *
 * @module
 */
import type { Relay, RelayHold } from "./relay.ts";

/** The lock, and what may be done with it. */
export interface Tenure extends RelayHold {
  /** Gives the lock back, and everything that goes with it. */
  release(): Promise<void>;
}

/** What lies outside. */
export interface TenureOutside {
  /** Waits for the lock; nothing when another relay has it, or the process is to end. */
  take(): Promise<Tenure | undefined>;
  /** The names of all intents. */
  names(): Promise<readonly string[]>;
}

/**
 * Lets a relay work until it is of no more use.
 *
 * @param relay Which.
 * @param outside What lies outside.
 */
export async function keepRelay(relay: Relay, outside: TenureOutside): Promise<void> {
  for (;;) {
    const tenure = await outside.take();
    if (tenure === undefined) return;
    const why = await relay.work(tenure).finally(() => tenure.release());
    if (why === "stopped" || why === "lost" || why === "stuck") return;
    // Whoever wrote an intent while the lock was still held saw a relay, and started none.
    if (why === "idle" && !relay.isNews(await outside.names())) return;
  }
}
