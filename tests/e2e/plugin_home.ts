/**
 * Homes of the real OpenCode in which the plugin is installed from its tarball, the way a user does
 * it: a line in `opencode.json`.
 *
 * @module
 */
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { lockHolder } from "../../adapters/state/lock.ts";
import { configPath, dataFolder, statePath } from "../../adapters/state/location.ts";
import { Outbox } from "../../adapters/state/outbox.ts";
import { readStatus, type Status } from "../../adapters/state/status.ts";
import { javaScriptOf, NAME } from "../../scripts/npm/package.ts";
import { packPackage } from "../npm/packed_package.ts";
import type { Reply } from "./fake_model.ts";
import { echo, type OpenCodeHome, startOpenCodeHome } from "./real_opencode.ts";

/** The plugin as it is published, and a home in which OpenCode has installed it. */
export interface InstalledPlugin {
  /** The tarball. */
  readonly tarball: string;
  /** What `plugin` in `opencode.json` says to have it. */
  readonly spec: string;
  /** The URL of the module that OpenCode loads. */
  readonly module: string;
  /** OpenCode's cache and its configuration's folder after the installation. */
  readonly caches: { readonly packages: string; readonly config: string };
  /** Removes all of it. */
  remove(): Promise<void>;
}

/** Builds the package, packs it and lets OpenCode install it. */
export async function installPlugin(): Promise<InstalledPlugin> {
  const folder = await mkdtemp(join(tmpdir(), "session-archiver-plugin-"));
  const tarball = await packPackage(folder);
  const spec = `${NAME}@file:${tarball}`;
  const home = await startOpenCodeHome(echo);
  try {
    await changeConfig(home, (config) => ({ ...config, plugin: [[spec, { auto: false }]] }));
    await home.run(await home.project("install"), "hello");
  } catch (error) {
    await home.close();
    throw error;
  }
  const packages = join(home.env.XDG_CACHE_HOME, "opencode", "packages");
  const installed = join(packages, spec, "node_modules", NAME);
  return {
    tarball,
    spec,
    module: pathToFileURL(join(installed, javaScriptOf("adapters/opencode.ts"))).href,
    caches: { packages, config: join(home.env.XDG_CONFIG_HOME, "opencode") },
    async remove() {
      await stopRelay(home);
      await home.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A home of OpenCode with the plugin. */
export interface PluginHome extends OpenCodeHome {
  /** The folder where archives are when nothing is configured. */
  readonly archives: string;
  /** The folder of the plugin's state. */
  readonly state: string;
  /** Where the configuration is, or would be. */
  readonly configFile: string;
  /** The keys of all archives in a folder; in the default one when none is named. */
  keys(folder?: string): Promise<string[]>;
  /** The archived document of a session, once there is one. */
  document(session: string, folder?: string): Promise<ArchivedDocument | undefined>;
  /** How many sessions wait. */
  waiting(): Promise<number>;
  /** What the background process said last. */
  status(): Promise<Status | undefined>;
  /** The number of the process that archives in the background, while one does. */
  relay(): Promise<number | undefined>;
  /** Lines of OpenCode's log that the plugin wrote. */
  log(): Promise<string[]>;
  /** What the background processes wrote into their log. */
  relayLog(): Promise<string>;
  /** Waits for something; a failure shows the background processes' log. */
  until<T>(what: string, look: () => Promise<T | undefined | false>, ms?: number): Promise<T>;
}

/** What stands in an archive. */
export interface ArchivedDocument {
  readonly id: string;
  readonly projectPath: string;
  readonly native: { readonly info: unknown; readonly messages: readonly unknown[] };
  readonly summary: { readonly parentId: string | null; readonly messages: number };
}

/** How a home is set up. */
export interface PluginHomeOptions {
  /** What the model does with a prompt. */
  readonly reply?: (prompt: string) => Reply;
  /** The configuration's YAML; none, and so the default folder, when left out. */
  readonly yaml?: (home: OpenCodeHome) => string;
  /** The plugin's own options in `opencode.json`. */
  readonly options?: Record<string, unknown>;
  /** What `plugin` in `opencode.json` says instead of having this one alone. */
  readonly plugins?: (home: OpenCodeHome) => readonly unknown[];
  /** Changes `opencode.json` further. */
  readonly change?: (config: Record<string, unknown>) => Record<string, unknown>;
  /** The path of OpenCode; the installed one by default. */
  readonly program?: string;
  /** More environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Makes a home with the plugin.
 *
 * @param plugin The plugin, installed before: a second installation would only take time.
 * @param options How it is set up.
 */
export async function startPluginHome(
  plugin: InstalledPlugin,
  options: PluginHomeOptions = {},
): Promise<PluginHome> {
  const home = await startOpenCodeHome(options.reply ?? echo, options.program);
  Object.assign(home.env, options.env);
  const where = { env: home.env, platform: process.platform };
  const configFile = configPath(where);
  const state = statePath({ ...where, configPath: configFile });
  const archives = dataFolder(where);
  const entry = options.options ? [plugin.spec, options.options] : plugin.spec;
  await changeConfig(home, (config) => ({
    ...(options.change?.(config) ?? config),
    plugin: options.plugins?.(home) ?? [entry],
  }));
  await shareInstallation(home, plugin);
  if (options.yaml) await writeFile(configFile, options.yaml(home), { mode: 0o600 });
  const keys = async (folder = archives) => await filesBelow(folder);
  const relayLog = async () => await readFile(join(state, "relay.log"), "utf8").catch(() => "");
  return {
    ...home,
    archives,
    state,
    configFile,
    keys,
    async document(session, folder = archives) {
      const key = (await keys(folder)).find((one) => one.endsWith(`/${session}.json`));
      return key && JSON.parse(await readFile(join(folder, key), "utf8"));
    },
    waiting: async () => (await new Outbox(join(state, "outbox")).waiting()).sessions.length,
    status: () => readStatus(state),
    relay: async () => (await lockHolder(join(state, "lock")).catch(() => undefined))?.pid,
    log: () => pluginLines(home),
    relayLog,
    async until(what, look, ms) {
      return await until(what, look, ms).catch(async (error) => {
        throw new Error(`${error.message}\n${await relayLog()}`);
      });
    },
    async close() {
      await stopRelay(home);
      await home.close();
    },
  };
}

/**
 * Waits for something to come true.
 *
 * @param what Says it in the failure.
 * @param look Gives it, or undefined or false while it is not.
 * @param ms How long to wait at most.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  ms = 15_000,
): Promise<T> {
  const end = performance.now() + ms;
  while (true) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await delay(25);
  }
}

/**
 * Ends whatever still runs in a home: a background process may have been started that has got no
 * lock yet. They are found by their working directory, which Linux tells.
 */
async function stopRelay({ folder, env }: OpenCodeHome): Promise<void> {
  const where = { env, platform: process.platform };
  const lock = join(statePath({ ...where, configPath: configPath(where) }), "lock");
  const holder = await lockHolder(lock).catch(() => undefined);
  const running = new Set(await processesIn(folder));
  if (holder !== undefined) running.add(holder.pid);
  for (const pid of running) kill(pid, "SIGTERM");
  const gone = async () => (await processesIn(folder)).length === 0;
  await until("the background processes end", gone, 5_000).catch(async () => {
    for (const pid of await processesIn(folder)) kill(pid, "SIGKILL");
  });
}

/** The processes that work in a folder or below it. */
export async function processesIn(folder: string): Promise<number[]> {
  const names = await readdir("/proc").catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const folders = await Promise.all(
    pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => "")),
  );
  return pids.filter((_, index) => `${folders[index]}/`.startsWith(`${folder}/`));
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function changeConfig(
  { env }: OpenCodeHome,
  change: (config: Record<string, unknown>) => Record<string, unknown>,
): Promise<void> {
  const file = join(env.XDG_CONFIG_HOME, "opencode", "opencode.json");
  await writeFile(file, JSON.stringify(change(JSON.parse(await readFile(file, "utf8")))));
}

/** What OpenCode installs once, for itself and for the plugin, it finds there. */
async function shareInstallation({ env }: OpenCodeHome, { caches }: InstalledPlugin) {
  const cache = join(env.XDG_CACHE_HOME, "opencode");
  await mkdir(cache, { recursive: true });
  await symlink(caches.packages, join(cache, "packages"));
  const config = join(env.XDG_CONFIG_HOME, "opencode");
  for (const name of ["node_modules", "package.json", "package-lock.json", "bun.lock"]) {
    const found = (await readdir(caches.config)).includes(name);
    if (found) await symlink(join(caches.config, name), join(config, name));
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

async function pluginLines({ env }: OpenCodeHome): Promise<string[]> {
  const folder = join(env.XDG_DATA_HOME, "opencode", "log");
  const files = await readdir(folder).catch(() => []);
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  return texts.join("\n").split("\n").filter((line) => line.includes("session-archiver: "));
}
