/**
 * The relay in a thread of a host that may start no process. It ends with the host; what it leaves
 * is done by the next one. What it breaks of is thrown, and so told to the host.
 *
 * @module
 */
import process from "node:process";
import { workerData } from "node:worker_threads";
import { liveRelay } from "./life.ts";
import type { RelayOptions } from "./run_relay.ts";

const { config, since, lingerMs } = workerData as Omit<RelayOptions, "signal">;
await liveRelay({ config, since, lingerMs, signal: new AbortController().signal });
// Of the thread only, which must end even if something of it were still open.
process.exit(0);
