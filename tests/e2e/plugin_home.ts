/**
 * Homes of the real OpenCode that have the plugin the way a user has it: installed from its package,
 * because of a line in `opencode.json`.
 *
 * @module
 */
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { lockHolder } from "../../adapters/state/lock_holder.ts";
import { configPath, dataFolder, statePath } from "../../adapters/state/location.ts";
import { Outbox } from "../../adapters/state/outbox.ts";
import { readStatus, type Status } from "../../adapters/state/status.ts";
import { type Look, until } from "../until.ts";
import type { Reply } from "./fake_model.ts";
import { endProcesses } from "./home_processes.ts";
import type { InstalledPlugin } from "./installed_plugin.ts";
import { changeConfig } from "./opencode_config.ts";
import { echo, type OpenCodeHome, startOpenCodeHome } from "./real_opencode.ts";

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
  until<T>(what: string, look: Look<T>, ms?: number): Promise<T>;
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
  /** What `plugin` in `opencode.json` says instead of having this one alone. */
  readonly plugins?: (home: OpenCodeHome) => readonly unknown[];
  /** The path of OpenCode; the installed one by default. */
  readonly program?: string;
  /** More environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Makes a home with the plugin.
 *
 * @param plugin The plugin, installed.
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
  const plugins = options.plugins?.(home) ?? [plugin.spec];
  await changeConfig(home, (config) => ({ ...config, plugin: plugins }));
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
    until: (what, look, ms) => until(what, look, ms, relayLog),
    async close() {
      await endProcesses(home);
      await home.close();
    },
  };
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
