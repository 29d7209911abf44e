/**
 * OpenCode processes that are measured from within, by the plugins in `host_plugins/`.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Seen } from "./host_plugins/loop_probe.ts";
import type { HostFigures } from "./host_plugins/measured.ts";
import { type InstalledPlugin, startPluginHome } from "./plugin_home.ts";
import type { OpenCodeHome } from "./real_opencode.ts";

/** What a measurement takes at most, in milliseconds. */
const FIGURES_MS = 60_000;

/**
 * The URL of one of these plugins.
 *
 * @param name Its file's name, without the extension.
 */
export function hostPlugin(name: "empty" | "loop_probe" | "measured"): string {
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

/** Longest stalls of an event loop, in milliseconds. */
export interface LongestStalls {
  /** Of all that were seen. */
  readonly all: number;
  /** From the time on at which the session went idle. */
  readonly idle: number;
}

/**
 * The longest times that the event loop of a home's OpenCode stood still.
 *
 * @param home The home, with `loop_probe.ts` that writes to {@linkcode stallsFile}.
 * @param since From when on to count, in epoch milliseconds.
 * @param session Which went idle since then.
 */
export async function longestStalls(
  home: OpenCodeHome,
  since: number,
  session: string,
): Promise<LongestStalls> {
  const lines = (await readFile(stallsFile(home), "utf8")).split("\n").filter(Boolean);
  const seen = lines.map((line): Seen => JSON.parse(line)).filter(({ at }) => at >= since);
  const idle = seen.find((one) => "idle" in one && one.idle === session);
  if (idle === undefined) throw new Error(`${session} did not go idle`);
  const longest = (from: number) =>
    Math.max(0, ...seen.map((one) => "stallMs" in one && one.at >= from ? one.stallMs : 0));
  return { all: longest(since), idle: longest(idle.at) };
}
