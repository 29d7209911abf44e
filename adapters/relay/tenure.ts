/**
 * When the relay may work: it takes the lock, works, gives the lock back, and takes it again when a
 * command is done with it or when something came at the last moment.
 *
 * @module
 */
import type { Relay, RelayHold, WhyStopped } from "./relay.ts";

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
  /** It is of use also when somebody took the lock away: it waits to have it back. */
  readonly stays?: boolean;
}

/**
 * Lets a relay work until it is of no more use.
 *
 * @param relay Which.
 * @param outside What lies outside.
 * @returns Why it is not; undefined when another one has the lock.
 */
export async function keepRelay(
  relay: Relay,
  outside: TenureOutside,
): Promise<WhyStopped | undefined> {
  for (;;) {
    const tenure = await outside.take();
    if (tenure === undefined) return undefined;
    const why = await relay.work(tenure).finally(() => tenure.release());
    if (why === "lost" && outside.stays) continue;
    if (why === "stopped" || why === "lost" || why === "stuck") return why;
    // Whoever wrote an intent while the lock was still held saw a relay, and started none.
    if (why === "idle" && !relay.isNews(await outside.names())) return why;
  }
}
