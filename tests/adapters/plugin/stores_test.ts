import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { ownStores } from "../../../adapters/plugin/stores.ts";

async function withDatabases(
  names: readonly string[],
  test: (folder: string, env: Record<string, string>) => Promise<void>,
): Promise<void> {
  const base = await mkdtemp(join(tmpdir(), "plugin-stores-"));
  try {
    const folder = join(base, "opencode");
    await mkdir(folder);
    for (const name of names) await writeFile(join(folder, name), "");
    await test(folder, { XDG_DATA_HOME: base });
  } finally {
    await rm(base, { recursive: true });
  }
}

describe("the database of an OpenCode process", () => {
  it("is the only one there is", async () => {
    await withDatabases(["opencode-dev.db", "opencode.db-wal"], async (folder, env) => {
      assert.deepEqual(await ownStores(env), [join(folder, "opencode-dev.db")]);
    });
  });

  it("may be any of several", async () => {
    await withDatabases(["opencode-dev.db", "opencode.db"], async (folder, env) => {
      const stores = [join(folder, "opencode.db"), join(folder, "opencode-dev.db")];
      assert.deepEqual(await ownStores(env), stores);
    });
  });

  it("is the usual one where channels are told to share it, or none is there yet", async () => {
    await withDatabases(["opencode-dev.db", "opencode.db"], async (folder, env) => {
      const shared = { ...env, OPENCODE_DISABLE_CHANNEL_DB: "1" };
      assert.deepEqual(await ownStores(shared), [join(folder, "opencode.db")]);
    });
    await withDatabases([], async (folder, env) => {
      assert.deepEqual(await ownStores(env), [join(folder, "opencode.db")]);
    });
  });

  it("is the one that is named, and none when that is memory", async () => {
    await withDatabases(["opencode.db"], async (folder, env) => {
      const named = { ...env, OPENCODE_DB: "mine.db" };
      assert.deepEqual(await ownStores(named), [join(folder, "mine.db")]);
      assert.deepEqual(await ownStores({ ...env, OPENCODE_DB: ":memory:" }), []);
    });
  });
});
