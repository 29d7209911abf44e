/**
 * The processor time that the plugin adds to `opencode run`, beside a plugin that does nothing. What
 * the detached process that archives takes is told, not counted.
 *
 * One `opencode run` takes up to a quarter more or less than the next, which hides anything as small
 * as the plugin even from the medians of twenty. So what it adds is counted within the process, by
 * `processor_probe.ts`, and held against the whole; what the whole processes took is told beside it.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ProcessorTimes } from "../../tests/e2e/host_plugins/processor_probe.ts";
import type { InstalledPlugin } from "../../tests/e2e/installed_plugin.ts";
import { hostPlugin } from "../../tests/e2e/measured_host.ts";
import { type PluginHome, startPluginHome } from "../../tests/e2e/plugin_home.ts";
import { type Finding, median } from "./measure.ts";

const ROUNDS = 15;

/** What one `opencode run` took, in milliseconds of processor time. */
interface Run extends ProcessorTimes {
  /** Of the whole process and the children that it waited for. */
  readonly whole: number;
}

/**
 * Measures it.
 *
 * @param plugin The plugin, installed.
 */
export async function benchPluginRun(plugin: InstalledPlugin): Promise<Finding> {
  const ours = await startMeasuredHome(plugin, plugin.module);
  const empty = await startMeasuredHome(plugin, hostPlugin("empty"));
  const runs = { ours: [] as Run[], empty: [] as Run[] };
  let relayMs = 0;
  try {
    const projects = { ours: await ours.project("one"), empty: await empty.project("one") };
    for (let round = 0; round <= ROUNDS; round++) {
      const sides = [["empty", empty], ["ours", ours]] as const;
      for (const [side, home] of round % 2 === 0 ? sides : sides.toReversed()) {
        const run = await measuredRun(home, projects[side]);
        // The first round makes the database.
        if (round > 0) runs[side].push(run);
      }
    }
    relayMs = await relayTime(ours);
  } finally {
    await ours.close();
    await empty.close();
  }
  return findingOf(runs, relayMs);
}

function findingOf(
  { ours, empty }: { readonly ours: readonly Run[]; readonly empty: readonly Run[] },
  relayMs: number,
): Finding {
  const middle = (runs: readonly Run[], of: (run: Run) => number) => median(runs.map(of));
  const counted = ({ start, events, end }: Run) => start + events + end;
  const whole = ({ whole }: Run) => whole;
  return {
    promise: "processor time of `opencode run` ≤ 1.05 × that with an empty plugin",
    measure: "times, by what is counted in the process",
    value: 1 + (middle(ours, counted) - middle(empty, counted)) / middle(empty, whole),
    bound: { atMost: 1.05 },
    figures: {
      startMs: middle(ours, ({ start }) => start),
      eventsMs: middle(ours, ({ events }) => events),
      endMs: middle(ours, ({ end }) => end),
      mostMs: Math.max(...ours.map(counted)),
      emptyMs: middle(empty, counted),
      wholeOursMs: middle(ours, whole),
      wholeEmptyMs: middle(empty, whole),
      relayForAllRunsMs: relayMs,
    },
  };
}

function startMeasuredHome(plugin: InstalledPlugin, module: string): Promise<PluginHome> {
  return startPluginHome(plugin, {
    plugins: (home) => [
      [hostPlugin("processor_probe"), { measures: module, writes: timesFile(home) }],
    ],
  });
}

function timesFile({ folder }: Pick<PluginHome, "folder">): string {
  return join(folder, "processor_times.jsonl");
}

async function measuredRun(home: PluginHome, project: string): Promise<Run> {
  const whole = await processorTime(home, project);
  const lines = (await readFile(timesFile(home), "utf8")).trimEnd().split("\n");
  const times: ProcessorTimes = JSON.parse(lines[lines.length - 1]);
  return { ...times, whole };
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
