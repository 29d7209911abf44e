/**
 * OpenCode processes that are measured from within, by the plugins in `host_plugins/`.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Seen } from "./host_plugins/loop_probe.ts";
import type { HostFigures } from "./host_plugins/measured.ts";
import type { InstalledPlugin } from "./installed_plugin.ts";
import { startPluginHome } from "./plugin_home.ts";
import type { OpenCodeHome } from "./real_opencode.ts";

/** What a measurement takes at most, in milliseconds. */
const FIGURES_MS = 60_000;

/**
 * The URL of one of these plugins.
 *
 * @param name Its file's name, without the extension.
 */
export function hostPlugin(
  name: "empty" | "loop_probe" | "measured" | "processor_probe",
): string {
  return new URL(`./host_plugins/${name}.ts`, import.meta.url).href;
}

/**
 * What the plugin costs a fresh `opencode serve` in which one session goes idle.
 *
 * @param plugin The plugin, installed.
 */
export async function measuredHost(plugin: InstalledPlugin): Promise<HostFigures> {
  const figuresOf = ({ folder }: OpenCodeHome) => join(folder, "figures.json");
  const home = await startPluginHome(plugin, {
    plugins: (home) => [
      [hostPlugin("measured"), { measures: plugin.module, writes: figuresOf(home) }],
    ],
  });
  try {
    const project = await home.project("one");
    const server = await home.serve(project);
    try {
      await server.prompt(project, await server.create(project), "hello");
      return await home.until("it was measured", async () => {
        const text = await readFile(figuresOf(home), "utf8").catch(() => "");
        return text === "" ? undefined : JSON.parse(text);
      }, FIGURES_MS);
    } finally {
      await server.close();
    }
  } finally {
    await home.close();
  }
}

/** The file that the loop probe of a home writes to. */
export function stallsFile({ folder }: OpenCodeHome): string {
  return join(folder, "stalls.jsonl");
}

/**
 * The longest time that the event loop of a home's OpenCode stood still, in milliseconds; 0 when it
 * never did for long enough to be seen.
 *
 * @param home The home, with `loop_probe.ts` that writes to {@linkcode stallsFile}.
 * @param since From when on to count, in epoch milliseconds.
 */
export async function longestStall(home: OpenCodeHome, since: number): Promise<number> {
  const stalls = (await seenBy(home, since)).map((one) => "stallMs" in one ? one.stallMs : 0);
  return Math.max(0, ...stalls);
}

/**
 * The same, from the time on at which a session went idle.
 *
 * @param home The home.
 * @param since Before which it did not, in epoch milliseconds.
 * @param session Which.
 */
export async function longestStallFromIdle(
  home: OpenCodeHome,
  since: number,
  session: string,
): Promise<number> {
  const seen = await seenBy(home, since);
  const idle = seen.find((one) => "idle" in one && one.idle === session);
  if (idle === undefined) throw new Error(`${session} did not go idle`);
  return await longestStall(home, idle.at);
}

async function seenBy(home: OpenCodeHome, since: number): Promise<readonly Seen[]> {
  const lines = (await readFile(stallsFile(home), "utf8")).split("\n").filter(Boolean);
  return lines.map((line): Seen => JSON.parse(line)).filter(({ at }) => at >= since);
}
