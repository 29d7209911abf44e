/**
 * A plugin that watches the event loop of the OpenCode process it runs in: a timer that comes late
 * was kept waiting by something. It appends what it saw to the file of its option `writes`, with the
 * times at which sessions went idle.
 *
 * @module
 */
import { appendFile } from "node:fs/promises";
import process from "node:process";
import { setInterval } from "node:timers";
import type { PluginModule } from "../../../adapters/plugin/contract.ts";

/** Something that was seen, at a time in epoch milliseconds. */
export type Seen =
  /** The end of a time of so many milliseconds in which the event loop stood still. */
  | { readonly at: number; readonly stallMs: number }
  /** A session went idle. */
  | { readonly at: number; readonly idle: string };

/** How often to look, in milliseconds. */
const TICK_MS = 2;
/** Shorter ones are how timers are. */
const LEAST_MS = 4;
const WRITE_MS = 250;

let watches = false;
let seen: Seen[] = [];

/** One watch a process, however many directories it serves. */
function watch(writes: string): void {
  if (watches) return;
  watches = true;
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    const stallMs = now - last - TICK_MS;
    last = now;
    if (stallMs >= LEAST_MS) seen.push({ at: Date.now(), stallMs });
  }, TICK_MS).unref();
  setInterval(() => {
    const lines = seen.map((one) => `${JSON.stringify(one)}\n`).join("");
    seen = [];
    appendFile(writes, lines).catch((error) => process.stderr.write(`loop probe: ${error}\n`));
  }, WRITE_MS).unref();
}

const plugin: PluginModule = {
  id: "loop-probe",
  server(_input, options) {
    watch((options as { readonly writes: string }).writes);
    return Promise.resolve({
      event({ event: { type, properties } }) {
        if (type === "session.idle") {
          seen.push({ at: Date.now(), idle: (properties as { sessionID: string }).sessionID });
        }
        return Promise.resolve();
      },
    });
  },
};

export default plugin;
