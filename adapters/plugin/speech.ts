/**
 * Speaks to the user through OpenCode: its log and its toasts, never standard output, which may be
 * somebody's data. Whatever goes wrong with it troubles nobody.
 *
 * @module
 */
import type { Clock } from "./clock.ts";
import type { Client } from "./contract.ts";
import type { PluginHost } from "./host.ts";

const SERVICE = "session-archiver";
/** Long enough to read two sentences, in milliseconds. */
const TOAST_MS = 10_000;

/**
 * OpenCode writes its log once a second, and what it has not written when it ends is lost. A bit
 * longer, in milliseconds.
 */
const WRITTEN_MS = 1_100;

/** The ways to speak. */
export interface Speech extends Pick<PluginHost, "log" | "toast"> {
  /** Waits until what went wrong is in the log: a process that ends would swallow it. */
  written(): Promise<void>;
}

/**
 * Makes the ways to speak. Neither may be waited for while OpenCode starts a directory, since it
 * answers no call of it then.
 *
 * @param client OpenCode's API.
 * @param clock Waits.
 */
export function speechOf({ app, tui }: Client, clock: Clock): Speech {
  let lastErrorAt = -Infinity;
  return {
    log(level, message) {
      if (level === "error") lastErrorAt = clock.now();
      // The log does not show the service.
      const body = { service: SERVICE, level, message: `${SERVICE}: ${message}` };
      quietly(() => app.log({ body }));
    },
    toast(variant, message) {
      const body = { title: "Session archiver", message, variant, duration: TOAST_MS };
      quietly(() => tui.showToast({ body }));
    },
    async written() {
      const left = lastErrorAt + WRITTEN_MS - clock.now();
      if (left > 0) await clock.sleep(Math.min(left, WRITTEN_MS));
    },
  };
}

/** There is no further place to say that saying something failed. */
function quietly(act: () => Promise<unknown>): void {
  Promise.resolve().then(act).catch(() => undefined);
}
