/**
 * How long the plugin holds up OpenCode's event loop while sessions of 50 MB go on and are archived,
 * beside a plugin that does nothing. Measured in the OpenCode process, by `loop_probe.ts`.
 *
 * OpenCode itself stands still for seconds while it builds such a session's request, by some hundred
 * milliseconds more or less each time. What is compared is therefore the longest stall from the
 * moment on at which the session is idle, when everything that the plugin does is still to come; the
 * longest of all is told beside it.
 *
 * @module
 */
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  hostPlugin,
  type LongestStalls,
  longestStalls,
  stallsFile,
} from "../../tests/e2e/measured_host.ts";
import {
  type InstalledPlugin,
  type PluginHome,
  startPluginHome,
} from "../../tests/e2e/plugin_home.ts";
import type { OpenCodeServer } from "../../tests/e2e/real_opencode.ts";
import { writeOpenCodeDatabase } from "../../tests/fixtures/opencode_database.ts";
import { type Finding, median } from "./measure.ts";

const ROUNDS = 5;
const BYTES = 50_000_000;
/** A turn is two messages. */
const KINDS = [{ messages: 2_000, turns: 1_000 }, { messages: 50, turns: 25 }];
/** How long OpenCode is watched after an answer: the archiving is over then. */
const AFTER_MS = 5_000;

interface Side {
  readonly home: PluginHome;
  readonly server: OpenCodeServer;
}

/**
 * Measures it.
 *
 * @param plugin The plugin, installed.
 * @param folder An empty folder.
 */
export async function benchPluginStall(
  plugin: InstalledPlugin,
  folder: string,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const kind of KINDS) findings.push(await benchKind(plugin, folder, kind));
  return findings;
}

async function benchKind(
  plugin: InstalledPlugin,
  folder: string,
  { messages, turns }: typeof KINDS[number],
): Promise<Finding> {
  const project = join(folder, `project-${messages}`);
  await mkdir(project);
  const database = join(folder, `${messages}.db`);
  // One more, for the code to become warm.
  const group = { count: ROUNDS + 1, bytesPerSession: BYTES, turns, projects: [project] };
  const sessions = await writeOpenCodeDatabase(database, { sessions: [group] });
  const open: { close(): Promise<void> }[] = [];
  const side = async (mine: readonly unknown[]): Promise<Side> => {
    const home = await startPluginHome(plugin, {
      plugins: (home) => [[hostPlugin("loop_probe"), { writes: stallsFile(home) }], ...mine],
    });
    open.push(home);
    await mkdir(dirname(home.database), { recursive: true });
    await copyFile(database, home.database);
    const server = await home.serve(project);
    open.push(server);
    return { home, server };
  };
  try {
    const empty = await side([hostPlugin("empty")]);
    const ours = await side([plugin.spec]);
    const stalls = { empty: [] as LongestStalls[], ours: [] as LongestStalls[] };
    for (const [round, { id }] of sessions.entries()) {
      const one = await stallOf(empty, project, id);
      const other = await stallOf(ours, project, id);
      await archivedWhole(ours.home, id, messages + 2);
      // The first round finds cold code.
      if (round === 0) continue;
      stalls.empty.push(one);
      stalls.ours.push(other);
    }
    const idle = {
      empty: stalls.empty.map(({ idle }) => idle),
      ours: stalls.ours.map(({ idle }) => idle),
    };
    return {
      promise:
        `a session of 50 MB in ${messages} messages: longest stall of OpenCode ≤ 20 ms longer`,
      measure: "ms",
      value: median(idle.ours) - median(idle.empty),
      bound: { atMost: 20 },
      figures: {
        emptyMs: median(idle.empty),
        emptyMostMs: Math.max(...idle.empty),
        oursMs: median(idle.ours),
        oursMostMs: Math.max(...idle.ours),
        emptyOfAllMs: median(stalls.empty.map(({ all }) => all)),
        oursOfAllMs: median(stalls.ours.map(({ all }) => all)),
      },
    };
  } finally {
    for (const one of open.reverse()) await one.close();
  }
}

/** The longest stalls from a prompt until its session is archived. */
async function stallOf(
  { home, server }: Side,
  project: string,
  id: string,
): Promise<LongestStalls> {
  const since = Date.now();
  await server.prompt(project, id, "go on");
  await delay(AFTER_MS);
  return await longestStalls(home, since, id);
}

async function archivedWhole(home: PluginHome, id: string, messages: number): Promise<void> {
  await home.until(`${id} is archived whole`, async () => {
    return (await home.document(id))?.native.messages.length === messages;
  }, 60_000);
}
