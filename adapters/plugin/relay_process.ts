/**
 * Starts the relay from within OpenCode: as a process of its own, which outlives this one; where
 * none can be had, as a thread.
 *
 * @module
 */
import type { StartedRelay, StartOptions } from "../relay/start.ts";
import { makePrivateFolder } from "../state/folder.ts";

/**
 * Makes what starts a relay, unless one lives.
 *
 * @param options What it is started with.
 * @returns Rejects when there can be none, not even a thread.
 */
export function relayStarter(options: StartOptions): () => Promise<void> {
  let thread: StartedRelay | undefined;
  let starting: Promise<void> | undefined;
  const start = async () => {
    const { startRelay, startRelayInWorker, failureOf } = await import("../relay/start.ts");
    const { state } = options;
    await makePrivateFolder(state);
    const outcome = await startRelay(options);
    if ("running" in outcome) return;
    if ("started" in outcome && await failureOf(outcome, state) === undefined) return;
    thread = await startRelayInWorker(options);
    void thread.ended.then(() => thread = undefined);
    const failure = await failureOf(thread, state);
    if (failure !== undefined) throw failure;
  };
  return async () => {
    if (thread !== undefined) return;
    starting ??= start().finally(() => starting = undefined);
    await starting;
  };
}
