/**
 * The processor time of `opencode run` with the plugin, beside one with a plugin that does nothing.
 * What the detached process that archives takes is told, not counted.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { InstalledPlugin } from "../../tests/e2e/installed_plugin.ts";
import { hostPlugin } from "../../tests/e2e/measured_host.ts";
import { type PluginHome, startPluginHome } from "../../tests/e2e/plugin_home.ts";
import { type Finding, median } from "./measure.ts";

/** A single run takes up to a quarter more or less than another. */
const ROUNDS = 15;

/**
 * Measures it.
 *
 * @param plugin The plugin, installed.
 */
export async function benchPluginRun(plugin: InstalledPlugin): Promise<Finding> {
  const ours = await startPluginHome(plugin);
  const empty = await startPluginHome(plugin, { plugins: () => [hostPlugin("empty")] });
  const times = { ours: [] as number[], empty: [] as number[] };
  let relayMs = 0;
  try {
    const projects = { ours: await ours.project("one"), empty: await empty.project("one") };
    for (let round = 0; round <= ROUNDS; round++) {
      const sides = [["empty", empty], ["ours", ours]] as const;
      for (const [side, home] of round % 2 === 0 ? sides : sides.toReversed()) {
        const time = await processorTime(home, projects[side]);
        // The first round makes the database.
        if (round > 0) times[side].push(time);
      }
    }
    relayMs = await relayTime(ours);
  } finally {
    await ours.close();
    await empty.close();
  }
  return {
    promise: "processor time of `opencode run` ≤ 1.05 × that with an empty plugin",
    measure: "ratio of medians",
    value: median(times.ours) / median(times.empty),
    bound: { atMost: 1.05 },
    figures: {
      emptyMs: median(times.empty),
      emptyLeastMs: Math.min(...times.empty),
      oursMs: median(times.ours),
      oursLeastMs: Math.min(...times.ours),
      relayForAllRunsMs: relayMs,
    },
  };
}

/** User's and system's time of `opencode run` and the children that it waited for, as Bash tells. */
async function processorTime({ command, env }: PluginHome, project: string): Promise<number> {
  const script = 'TIMEFORMAT="%3U %3S"; time "$1" run hello >/dev/null 2>&1 </dev/null';
  const { stderr } = await promisify(execFile)("bash", ["-c", script, "bash", command], {
    cwd: project,
    env: { ...env, PWD: project },
  });
  const [user, system] = stderr.trim().split(" ").map(Number);
  if (!(user + system > 0)) throw new Error(`bash tells no times: ${stderr}`);
  return (user + system) * 1_000;
}

/** What the process that archived all of it took, as Linux tells; 0 where it does not. */
async function relayTime(home: PluginHome): Promise<number> {
  const text = await readFile(`/proc/${await home.relay()}/stat`, "utf8").catch(() => "");
  if (text === "") return 0;
  const [user, system] = text.slice(text.lastIndexOf(")") + 2).split(" ").slice(11, 13).map(Number);
  return (user + system) * 10;
}
