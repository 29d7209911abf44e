/**
 * The relay in a thread of a host that may start no process. It ends with the host; what it leaves
 * is done by the next one.
 *
 * @module
 */
import process from "node:process";
import { parentPort, workerData } from "node:worker_threads";
import { bugsTo, readyRelay } from "./run_relay.ts";

const { config, lingerMs } = workerData as { readonly config?: string; readonly lingerMs?: number };
const stop = new AbortController();
parentPort?.on("message", () => stop.abort(new Error("the host ends")));

const relay = await readyRelay({ config, lingerMs, signal: stop.signal });
try {
  await relay.run();
} catch (error) {
  bugsTo(relay.log)(error);
}
await relay.log.flushed();
// Of the thread only, which its listener would keep alive.
process.exit(0);
