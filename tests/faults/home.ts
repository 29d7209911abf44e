/**
 * A throw-away home with an OpenCode in it, for suites that start and kill real processes.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runtimeOpener } from "../../adapters/agents/opencode/sqlite.ts";
import { startRelay } from "../../adapters/relay/start.ts";
import { lockPath, outboxFolder, relayLogPath } from "../../adapters/state/layout.ts";
import { lockHolder } from "../../adapters/state/lock_holder.ts";
import { configPath, stateFolder } from "../../adapters/state/location.ts";
import { Outbox } from "../../adapters/state/outbox.ts";
import { type SessionGroup, writeOpenCodeDatabase } from "../fixtures/opencode_database.ts";
import { LANE_FLAGS } from "../lane_config.ts";
import { hurry, lives, signal } from "../processes.ts";
import { removeFolder } from "../remove_folder.ts";
import { environmentIn } from "../throwaway_home.ts";
import { until } from "../until.ts";
import type { ObjectState } from "./invariants.ts";

/** Processes of these suites run from the sources, and read databases. */
export const CAN_RUN: boolean = await runtimeOpener().then(() => true, () => false) &&
  ("Deno" in globalThis || "Bun" in globalThis ||
    "typescript" in process.features && Boolean(process.features.typescript));

/** A throw-away home. */
export interface Home {
  /** The environment of its processes. */
  readonly env: Readonly<Record<string, string>>;
  /** The state's folder. */
  readonly state: string;
  /** The database of the agent. */
  readonly store: string;
  /** The ids of its sessions. */
  readonly sessions: readonly string[];
  /** A folder to archive into. */
  readonly archives: string;
  readonly outbox: Outbox;
  /** Writes the configuration. */
  configure(config: object): Promise<void>;
  /** Starts a relay, which stays for a minute unless said otherwise; its process's number. */
  relay(lingerMs?: number): Promise<number>;
  /** Starts one of the scripts in `children/` in this home. */
  child(script: string, ...args: readonly string[]): ReturnType<typeof spawn>;
  /** The relay's log. */
  log(): Promise<string>;
}

/** Where the parts of a home lie that need not lie in it. */
export interface Elsewhere {
  /** The folder of all state. */
  readonly state?: string;
  /** The folder to archive into. */
  readonly archives?: string;
}

/**
 * Makes a home, and ends all that was started in it.
 *
 * @param play Uses it.
 * @param sessions What its agent has.
 * @param elsewhere What lies elsewhere.
 */
export async function atHome(
  play: (home: Home) => Promise<void>,
  sessions: readonly SessionGroup[],
  elsewhere: Elsewhere = {},
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "archive-faults-"));
  const env = {
    ...environmentIn(folder),
    ...(elsewhere.state && { XDG_STATE_HOME: elsewhere.state }),
  };
  const where = { env, platform: process.platform };
  const config = configPath(where);
  const state = await stateFolder({ ...where, configPath: config });
  const store = join(folder, "data", "opencode", "opencode.db");
  const written = await writeOpenCodeDatabase(store, { sessions });
  const started = new Set<number>();
  const log = () => readFile(relayLogPath(state), "utf8").catch(() => "");
  try {
    await play({
      env,
      state,
      store,
      sessions: written.map(({ id }) => id),
      archives: elsewhere.archives ?? join(folder, "archives"),
      outbox: new Outbox(outboxFolder(state)),
      async configure(value) {
        await mkdir(dirname(config), { recursive: true });
        await writeFile(config, JSON.stringify(value), { mode: 0o600 });
      },
      async relay(lingerMs) {
        const pid = await startedRelay(state, env, lingerMs);
        started.add(pid);
        return pid;
      },
      child(script, ...args) {
        const child = startChild(script, args, env);
        if (child.pid !== undefined) started.add(child.pid);
        return child;
      },
      log,
    });
  } finally {
    const holder = await lockHolder(lockPath(state));
    if (holder !== undefined && holder.pid !== process.pid) started.add(holder.pid);
    for (const pid of started) signal(pid, "SIGKILL");
    await until("all processes are gone", () => [...started].every((pid) => !lives(pid)));
    await removeFolder(folder);
  }
}

async function startedRelay(
  state: string,
  env: Readonly<Record<string, string>>,
  lingerMs = 60_000,
): Promise<number> {
  // All of the fixtures' sessions count as changed since the installation.
  const outcome = await startRelay({ state, env, since: 0, lingerMs, flags: LANE_FLAGS });
  if ("failed" in outcome) throw outcome.failed;
  if ("running" in outcome) return outcome.running.pid;
  await hurry(outcome.started);
  return outcome.started;
}

function startChild(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ReturnType<typeof spawn> {
  const file = fileURLToPath(new URL(`./children/${script}`, import.meta.url));
  const runtime = "Deno" in globalThis ? ["run", "-A", "--no-lock", ...LANE_FLAGS] : [];
  return spawn(process.execPath, [...runtime, file, ...args], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** What lies in a folder of archives now. */
export async function objectsIn(folder: string): Promise<readonly ObjectState[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const keys = names.filter((name) => name.endsWith(".json") && !name.startsWith("."));
  return await Promise.all(
    keys.sort().map(async (key) => ({ key, bytes: await readFile(join(folder, key)) })),
  );
}
