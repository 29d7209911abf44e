import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { relayStarter } from "../../../adapters/plugin/relay_process.ts";
import { configPath, statePath } from "../../../adapters/state/location.ts";
import { lockHolder } from "../../../adapters/state/lock.ts";
import { denoCache } from "../../deno_cache.ts";
import { LANE_CONFIG } from "../../lane_config.ts";

/** Elsewhere the relay can only run from what is built of it. */
const skip = !("Deno" in globalThis || "Bun" in globalThis);

describe("what starts the relay", { skip }, () => {
  it("makes the state's folder, and one relay however often it is called", async () => {
    const home = await mkdtemp(join(tmpdir(), "plugin-relay-"));
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      DENO_DIR: denoCache(),
      XDG_CONFIG_HOME: join(home, "config"),
      XDG_DATA_HOME: join(home, "data"),
      XDG_STATE_HOME: join(home, "state"),
    };
    const where = { env, platform: process.platform };
    const state = statePath({ ...where, configPath: configPath(where) });
    const config = fileURLToPath(new URL(`../../../${LANE_CONFIG}`, import.meta.url));
    const flags = "Deno" in globalThis ? ["--config", config] : [];
    const start = relayStarter({ state, env, flags, lingerMs: 60_000 });
    try {
      await Promise.all([start(), start()]);
      const holder = await lockHolder(join(state, "lock"));
      assert.equal(holder?.kind, "relay");
      assert.notEqual(holder?.pid, process.pid);
      await start();
      assert.equal((await lockHolder(join(state, "lock")))?.pid, holder?.pid);
      const begun = (await readFile(join(state, "relay.log"), "utf8")).match(/in the background/g);
      assert.equal(begun?.length, 1);
    } finally {
      const holder = await lockHolder(join(state, "lock")).catch(() => undefined);
      if (holder !== undefined && holder.pid !== process.pid) process.kill(holder.pid, "SIGKILL");
      await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    }
  });
});
