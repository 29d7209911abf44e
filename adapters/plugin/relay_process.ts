/**
 * Starts the relay from within OpenCode: as a process of its own, which outlives this one; where
 * none can be had, as a thread.
 *
 * @module
 */
import type { RelayThread, StartOptions } from "../relay/start.ts";
import { makePrivateFolder } from "../state/folder.ts";

/**
 * Makes what starts a relay, unless one lives.
 *
 * @param options What it is started with.
 * @returns Rejects when there can be none, not even a thread.
 */
export function relayStarter(options: StartOptions): () => Promise<void> {
  let thread: RelayThread | undefined;
  let starting: Promise<void> | undefined;
  const start = async () => {
    const { startRelay, startRelayInWorker, isRelayUp } = await import("../relay/start.ts");
    const { state } = options;
    await makePrivateFolder(state);
    const outcome = await startRelay(options);
    if ("running" in outcome) return;
    if ("started" in outcome && await isRelayUp(state)) return;
    thread = await startRelayInWorker(options);
    const ended = thread.ended.finally(() => thread = undefined);
    const failure = await Promise.race([ended, isRelayUp(state)]);
    if (failure instanceof Error) throw failure;
  };
  return async () => {
    if (thread !== undefined) return;
    starting ??= start().finally(() => starting = undefined);
    await starting;
  };
}
