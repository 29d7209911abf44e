/**
 * How long the plugin holds up OpenCode's event loop while sessions of 50 MB are archived, beside a
 * plugin that does nothing. Measured in the OpenCode process, by `loop_probe.ts`.
 *
 * Around a prompt OpenCode itself stands still for seconds, by some hundred milliseconds more or
 * less each time, which hides anything as small as the plugin. So the bound is held against the
 * longest stall after a session was renamed: OpenCode has nothing to do then, and the plugin and its
 * relay have everything. What a prompt's idle event leads to is told beside it.
 *
 * @module
 */
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { InstalledPlugin } from "../../tests/e2e/installed_plugin.ts";
import {
  hostPlugin,
  longestStall,
  longestStallFromIdle,
  stallsFile,
} from "../../tests/e2e/measured_host.ts";
import { type PluginHome, startPluginHome } from "../../tests/e2e/plugin_home.ts";
import type { OpenCodeServer } from "../../tests/e2e/real_opencode.ts";
import { writeOpenCodeDatabase } from "../../tests/fixtures/opencode_database.ts";
import { type Finding, median } from "./measure.ts";

const ROUNDS = 7;
const BYTES = 50_000_000;
/** A turn is two messages. */
const KINDS = [{ messages: 2_000, turns: 1_000 }, { messages: 50, turns: 25 }];
/** How long OpenCode is watched: the archiving is over then. */
const WATCHED_MS = 5_000;

/** One of the two OpenCode processes that are compared. */
interface Side {
  readonly home: PluginHome;
  readonly server: OpenCodeServer;
  readonly project: string;
}

/** Longest stalls, in milliseconds: each of one round. */
interface Stalls {
  readonly renamed: number[];
  readonly prompted: number[];
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
  // One round more, for the code to become warm; two sessions a round, since a large one that was
  // just archived rests for minutes.
  const group = { count: 2 * (ROUNDS + 1), bytesPerSession: BYTES, turns, projects: [project] };
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
    return { home, server, project };
  };
  try {
    const empty = await side([hostPlugin("empty")]);
    const ours = await side([plugin.spec]);
    const stalls = { empty: noStalls(), ours: noStalls() };
    for (let round = 0; round <= ROUNDS; round++) {
      const [{ id: prompted }, { id: renamed }] = sessions.slice(2 * round);
      const sides = [["empty", empty], ["ours", ours]] as const;
      for (const [name, side] of round % 2 === 0 ? sides : sides.toReversed()) {
        const afterPrompt = await stallAfterPrompt(side, prompted);
        const afterRename = await stallAfterRename(side, renamed);
        if (round === 0) continue;
        stalls[name].prompted.push(afterPrompt);
        stalls[name].renamed.push(afterRename);
      }
      await archivedWhole(ours.home, prompted, messages + 2);
      await archivedWhole(ours.home, renamed, messages);
    }
    return findingOf(messages, stalls);
  } finally {
    for (const one of open.reverse()) await one.close();
  }
}

function noStalls(): Stalls {
  return { renamed: [], prompted: [] };
}

function findingOf(messages: number, { empty, ours }: { empty: Stalls; ours: Stalls }): Finding {
  return {
    promise: `archiving 50 MB in ${messages} messages: OpenCode's longest stall ≤ 20 ms longer`,
    measure: "ms",
    value: median(ours.renamed) - median(empty.renamed),
    bound: { atMost: 20 },
    figures: {
      emptyMs: median(empty.renamed),
      emptyMostMs: Math.max(...empty.renamed),
      oursMs: median(ours.renamed),
      oursMostMs: Math.max(...ours.renamed),
      promptedEmptyMs: median(empty.prompted),
      promptedEmptyMostMs: Math.max(...empty.prompted),
      promptedOursMs: median(ours.prompted),
      promptedOursMostMs: Math.max(...ours.prompted),
    },
  };
}

/** The longest stall from the end of a turn until its session is archived. */
async function stallAfterPrompt({ home, server, project }: Side, id: string): Promise<number> {
  const since = Date.now();
  await server.prompt(project, id, "go on");
  await delay(WATCHED_MS);
  return await longestStallFromIdle(home, since, id);
}

/** The longest stall after the answer to a rename until its session is archived. */
async function stallAfterRename({ home, server, project }: Side, id: string): Promise<number> {
  const path = `/session/${id}?directory=${encodeURIComponent(project)}`;
  await server.request("PATCH", path, { title: "Renamed" });
  const since = Date.now();
  await delay(WATCHED_MS);
  return await longestStall(home, since);
}

async function archivedWhole(home: PluginHome, id: string, messages: number): Promise<void> {
  await home.until(`${id} is archived whole`, async () => {
    return (await home.document(id))?.native.messages.length === messages;
  }, 60_000);
}
