/**
 * What the plugin costs the OpenCode process it is loaded into: its start, its handler, and how soon
 * a session that went idle is safely noted. Measured in that process, by `measured.ts`.
 *
 * @module
 */
import { measuredHost } from "../../tests/e2e/measured_host.ts";
import type { InstalledPlugin } from "../../tests/e2e/installed_plugin.ts";
import { type Finding, median } from "./measure.ts";

const ROUNDS = 3;

/**
 * Measures it.
 *
 * @param plugin The plugin, installed.
 */
export async function benchPluginHost(plugin: InstalledPlugin): Promise<Finding[]> {
  const hosts = [];
  for (let round = 0; round < ROUNDS; round++) hosts.push(await measuredHost(plugin));
  const starts = hosts.map(({ startMs }) => startMs);
  const idles = hosts.flatMap(({ idles }) => idles);
  const events = hosts.flatMap(({ events }) => events);
  const intents = hosts.flatMap(({ intents }) => intents);
  const bare = hosts.flatMap(({ bare }) => bare);
  return [{
    promise: "import and server() of the plugin ≤ 50 ms in OpenCode",
    measure: "ms",
    value: median(starts),
    bound: { atMost: 50 },
    figures: { longestMs: Math.max(...starts) },
  }, {
    promise: "the plugin's handler of an idle event returns in ≤ 1 ms",
    measure: "ms",
    value: median(idles),
    bound: { atMost: 1 },
    figures: {
      longestIdleMs: Math.max(...idles),
      longestEventMs: Math.max(...events),
      eventMs: median(events),
    },
  }, {
    promise: "an intent is on disk in ≤ 2 × a bare synced file and folder",
    measure: "ratio of medians",
    value: median(intents) / median(bare),
    bound: { atMost: 2 },
    figures: { intentMs: median(intents), bareMs: median(bare) },
  }];
}
