/**
 * The plugin as it is published, installed by a real OpenCode: once for all tests of a run, since
 * building, packing and installing it takes half a minute.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { thisProcess } from "../../adapters/state/process_identity.ts";
import { javaScriptOf, NAME } from "../../scripts/npm/package.ts";
import { packPackage } from "../npm/packed_package.ts";
import { endProcesses } from "./home_processes.ts";
import { madeOnce } from "./made_once.ts";
import { changeConfig } from "./opencode_config.ts";
import { echo, startOpenCodeHome } from "./real_opencode.ts";

/** The plugin as it is published, and what OpenCode made of it. */
export interface InstalledPlugin {
  /** The tarball. */
  readonly tarball: string;
  /** What `plugin` in `opencode.json` says to have it. */
  readonly spec: string;
  /** The URL of the module that OpenCode loads. */
  readonly module: string;
  /** OpenCode's packages and its configuration's folder, as they were after the installation. */
  readonly caches: { readonly packages: string; readonly config: string };
}

/**
 * The plugin, which the first one who asks for it in a process builds, packs and lets OpenCode
 * install: test files share nothing but their process. All of it is removed when that has ended.
 */
export async function installedPlugin(): Promise<InstalledPlugin> {
  const { pid, start } = await thisProcess();
  const folder = join(tmpdir(), `session-archiver-plugin-${pid}-${start.replace(/\W/g, "-")}`);
  await mkdir(folder, { recursive: true });
  const record = join(folder, "installed.json");
  const look = async () => {
    const text = await readFile(record, "utf8").catch(() => undefined);
    return text === undefined ? undefined : JSON.parse(text);
  };
  return await madeOnce<InstalledPlugin>(join(folder, "lock"), look, async () => {
    removeAfterThisProcess(folder);
    const plugin = await install(await mkdtemp(join(folder, "plugin-")));
    await writeFile(`${record}.new`, JSON.stringify(plugin));
    await rename(`${record}.new`, record);
    return plugin;
  });
}

async function install(folder: string): Promise<InstalledPlugin> {
  const tarball = await packPackage(folder);
  const spec = `${NAME}@file:${tarball}`;
  const caches = { packages: join(folder, "packages"), config: join(folder, "config") };
  const home = await startOpenCodeHome(echo);
  try {
    await changeConfig(home, (config) => ({ ...config, plugin: [[spec, { auto: false }]] }));
    await home.run(await home.project("install"), "hello");
    await rename(join(home.env.XDG_CACHE_HOME, "opencode", "packages"), caches.packages);
    await rename(join(home.env.XDG_CONFIG_HOME, "opencode"), caches.config);
  } finally {
    await endProcesses(home);
    await home.close();
  }
  const installed = join(caches.packages, spec, "node_modules", NAME);
  const module = pathToFileURL(join(installed, javaScriptOf("adapters/opencode.ts"))).href;
  return { tarball, spec, module, caches };
}

/** However it ends: what a test file could do in the end comes before the next file's beginning. */
function removeAfterThisProcess(folder: string): void {
  const script = 'while kill -0 "$0" 2>/dev/null; do sleep 1; done; rm -rf "$1"';
  // Of its own group, so that Ctrl-C ends the tests and not this.
  const settings = { detached: true, stdio: "ignore" } as const;
  spawn("sh", ["-c", script, `${process.pid}`, folder], settings).unref();
}
