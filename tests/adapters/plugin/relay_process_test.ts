import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { relayStarter } from "../../../adapters/plugin/relay_process.ts";
import type { StartOptions } from "../../../adapters/relay/start.ts";
import { lockPath, relayLogPath } from "../../../adapters/state/layout.ts";
import { configPath, statePath } from "../../../adapters/state/location.ts";
import { lockHolder } from "../../../adapters/state/lock_holder.ts";
import { LANE_FLAGS } from "../../lane_config.ts";
import { removeFolder } from "../../remove_folder.ts";
import { homeFolders } from "../../throwaway_home.ts";
import { until } from "../../until.ts";

/** Elsewhere the relay can only run from what is built of it. */
const skip = !("Deno" in globalThis || "Bun" in globalThis);

/** A throw-away home, and how a relay of it is started. */
interface Home {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  readonly options: StartOptions;
}

async function atHome(body: (home: Home) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "plugin-relay-"));
  const env = { PATH: process.env.PATH ?? "", ...homeFolders(home) };
  const where = { env, platform: process.platform };
  const state = statePath({ ...where, configPath: configPath(where) });
  // Starting a relay keeps no process alive.
  const awake = setInterval(() => {}, 60_000);
  try {
    await body({ home, env, options: { state, env, flags: LANE_FLAGS, lingerMs: 60_000 } });
  } finally {
    clearInterval(awake);
    const holder = await lockHolder(lockPath(state)).catch(() => undefined);
    if (holder !== undefined && holder.pid !== process.pid) process.kill(holder.pid, "SIGKILL");
    await removeFolder(home);
  }
}

describe("what starts the relay", { skip }, () => {
  it("makes the state's folder, and one relay however often it is called", () =>
    atHome(async ({ options }) => {
      const { state } = options;
      const start = relayStarter(options);
      await Promise.all([start(), start()]);
      const holder = await lockHolder(lockPath(state));
      assert.equal(holder?.kind, "relay");
      assert.notEqual(holder?.pid, process.pid);
      await start();
      assert.equal((await lockHolder(lockPath(state)))?.pid, holder?.pid);
      const begun = await until(
        "the relay says so",
        async () =>
          (await readFile(relayLogPath(state), "utf8")).match(/in the background/g) ?? false,
      );
      assert.equal(begun.length, 1);
    }));

  it("runs one in a thread where a process breaks off, at once, in the same environment", () =>
    atHome(async ({ options }) => {
      const begun = performance.now();
      // It is taken for the script, by a process only.
      const flags = [...LANE_FLAGS, "/nowhere.ts"];
      await relayStarter({ ...options, flags, lingerMs: 0 })();
      assert.ok(performance.now() - begun < 20_000, "not after the longest wait");
      const log = () => readFile(relayLogPath(options.state), "utf8");
      assert.match(await log(), /nowhere\.ts/, "what the process said of itself");
      // It has its lock before it says so.
      const said = `process ${process.pid} archives in the background`;
      await until("the thread says so", async () => (await log()).includes(said), undefined, log);
    }));

  it("says why there can be none", () =>
    atHome(async ({ home, env, options }) => {
      const noPlace = { ...env, XDG_STATE_HOME: join(home, "file") };
      await writeFile(noPlace.XDG_STATE_HOME, "");
      const starting = relayStarter({ ...options, env: noPlace })();
      await assert.rejects(starting, /cannot make the folder .*ENOTDIR/);
    }));
});
