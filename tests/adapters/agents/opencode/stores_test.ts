/**
 * Finding OpenCode's databases, and saying what is wrong with one.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openCode } from "../../../../adapters/agents/opencode/mod.ts";
import { openDatabase, runtimeOpener } from "../../../../adapters/agents/opencode/sqlite.ts";
import { writeOpenCodeDatabase } from "../../../fixtures/opencode_database.ts";
import { editDatabase } from "../../../fixtures/opencode_edits.ts";
import { openForWriting } from "../../../fixtures/writable_database.ts";
import { readSession, refsOf, withFolder, withStore } from "./reading.ts";

describe("OpenCode's databases", () => {
  it("are looked for in its data folder, those of all channels", async () => {
    await withFolder(async (home) => {
      const folder = join(home, ".local", "share", "opencode");
      await mkdir(folder, { recursive: true });
      for (const name of ["opencode.db", "opencode-dev.db", "opencode.db-wal", "other.db"]) {
        await writeFile(join(folder, name), "");
      }
      const { stores, looked } = await openCode({ env: { HOME: home } }).detect();
      const expected = [join(folder, "opencode.db"), join(folder, "opencode-dev.db")];
      assert.deepEqual(stores, expected);
      assert.deepEqual(looked, expected);
    });
  });

  it("are looked for where the environment says", async () => {
    await withFolder(async (home) => {
      const looked = async (env: Record<string, string>) =>
        (await openCode({ env: { HOME: home, ...env } }).detect()).looked;
      const data = join(home, "data");
      assert.deepEqual(await looked({ XDG_DATA_HOME: data }), [
        join(data, "opencode", "opencode.db"),
      ]);
      assert.deepEqual(await looked({ OPENCODE_DB: join(home, "x.db") }), [join(home, "x.db")]);
      assert.deepEqual(await looked({ XDG_DATA_HOME: data, OPENCODE_DB: "y.db" }), [
        join(data, "opencode", "y.db"),
      ]);
      assert.deepEqual(await looked({ OPENCODE_DB: ":memory:" }), []);
    });
  });

  it("that were named and do not exist are a mistake; detecting says where it looked", async () => {
    await withFolder(async (folder) => {
      const database = join(folder, "opencode.db");
      const agent = openCode({ database });
      assert.deepEqual(await agent.detect(), {
        stores: [],
        looked: [database],
        changing: [{ path: folder, isTree: false, isStirredByReading: true }],
        notes: [],
      });
      await assert.rejects(refsOf(agent), { code: "NotFound" });
      const unnamed = openCode({ env: { XDG_DATA_HOME: folder } });
      assert.deepEqual(await refsOf(unnamed), []);
      await assert.rejects(agent.load({ agent: "opencode", store: database, id: "ses_1" }), {
        code: "NotFound",
        message: new RegExp(`there is no database ${database}`),
      });
    });
  });

  for (const [what, text] of [["no database", "hello ".repeat(400)], ["cut in half", ""]]) {
    it(`of which one is ${what} is named as damaged`, async () => {
      await withStore({ sessions: [{ count: 20 }] }, async ({ agent, database }) => {
        const { readFile } = await import("node:fs/promises");
        const whole = await readFile(database);
        await writeFile(database, text || whole.subarray(0, Math.floor(whole.length / 2)));
        await assert.rejects(refsOf(agent), (error: Error & { code: string }) => {
          assert.equal(error.code, "Corrupt");
          assert.ok(error.message.includes(database), error.message);
          return true;
        });
        assert.equal((await agent.detect()).notes.length, 1);
      });
    });
  }

  it("that are locked are named, and may be tried again", async () => {
    await withStore({ busyTimeout: 50 }, async ({ agent, database }) => {
      const other = await openForWriting(database);
      try {
        other.exec("PRAGMA journal_mode = DELETE");
        other.exec("BEGIN EXCLUSIVE");
        await assert.rejects(refsOf(agent), {
          code: "Timeout",
          retryable: true,
          message: /opencode\.db is locked by another program; try again/,
        });
      } finally {
        other.close();
      }
    });
  });

  it("of an unknown schema are named, with what they lack and the version seen", async () => {
    await withStore({}, async ({ agent, database }) => {
      await editDatabase(database, (open) => {
        open.exec("ALTER TABLE part RENAME TO piece");
        open.exec("ALTER TABLE message RENAME COLUMN data TO body");
      });
      await assert.rejects(refsOf(agent), {
        code: "NotSupported",
        message:
          /lacks column message\.data, table part; .*OpenCode 1\.18\.33, .*20260622202450_simplify/,
      });
      assert.match((await agent.detect()).notes[0], /table part/);
    });
  });

  it("with nothing in them are of an unknown schema, too", async () => {
    await withFolder(async (folder) => {
      const database = join(folder, "empty.db");
      await writeFile(database, "");
      await assert.rejects(refsOf(openCode({ database })), {
        code: "NotSupported",
        message: /lacks table session, table message, table part/,
      });
    });
  });

  it("with sessions of OpenCode 2 say how many are not archived yet", async () => {
    await withStore({}, async ({ agent, database }) => {
      await editDatabase(database, (open) => {
        open.exec("CREATE TABLE session_v2 (id TEXT); INSERT INTO session_v2 VALUES ('a'), ('b')");
      });
      const { notes } = await agent.detect();
      assert.deepEqual(notes, [`2 sessions of OpenCode 2 in ${database} are not archived yet`]);
      assert.equal((await refsOf(agent)).length, 1);
    });
  });

  it("of OpenCode 2 alone say both", async () => {
    await withFolder(async (folder) => {
      const database = join(folder, "two.db");
      const open = await openForWriting(database);
      open.exec("CREATE TABLE session_v2 (id TEXT); INSERT INTO session_v2 VALUES ('a')");
      open.close();
      const { notes } = await openCode({ database }).detect();
      assert.match(notes[0], /^1 session of OpenCode 2 in .* is not archived yet$/);
      assert.match(notes[1], /lacks table session/);
    });
  });

  it("with columns that are not known here say so", async () => {
    await withStore({}, async ({ agent, database }) => {
      await editDatabase(database, (open) => {
        open.exec("ALTER TABLE session ADD COLUMN mood TEXT");
      });
      assert.match((await agent.detect()).notes[0], /does not archive: session\.mood/);
      assert.equal((await refsOf(agent)).length, 1);
    });
  });

  it("are opened anew when another is put in their place, also during a look", async () => {
    await withStore({ seed: 1 }, async ({ database, agent }) => {
      const look = agent.sessions()[Symbol.asyncIterator]();
      assert.equal((await look.next()).done, false);
      const [{ id }] = await writeOpenCodeDatabase(`${database}.new`, { seed: 2 });
      await rename(`${database}.new`, database);
      const [found, ...others] = await refsOf(agent);
      assert.deepEqual([found.id, others], [id, []]);
      await look.return?.();
    });
  });

  it("are never written to", async () => {
    await withStore({}, async (store) => {
      const { readFile } = await import("node:fs/promises");
      const before = await readFile(store.database);
      for (const { id } of await refsOf(store.agent)) await readSession(store, id);
      assert.deepEqual(await readFile(store.database), before);
    });
  });
});

describe("openDatabase()", () => {
  /** As SQLite fails where it cannot make the files beside a database. */
  async function readOnlyFileSystem() {
    const opener = await runtimeOpener();
    return (location: string) => {
      if (location.startsWith("file:")) return opener(location);
      throw Object.assign(new Error("unable to open database file"), { errcode: 14 });
    };
  }

  it("reads a file on a read-only file system as it stands", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "a b#c?.db");
      await writeOpenCodeDatabase(path);
      await withoutLog(path);
      const database = await openDatabase(path, { opener: await readOnlyFileSystem() });
      assert.equal(database.prepare("SELECT * FROM session").all().length, 1);
      assert.equal(database.stale, false);
      database.close();
      await writeFile(`${path}-wal`, "something");
      const stale = await openDatabase(path, { opener: await readOnlyFileSystem() });
      assert.equal(stale.stale, true);
      stale.close();
    });
  });

  it("says what was wrong at first when that fails, too", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "opencode.db");
      await writeFile(path, "no database ".repeat(100));
      await assert.rejects(openDatabase(path, { opener: await readOnlyFileSystem() }), {
        code: "Unauthorized",
        message: /cannot be opened/,
      });
    });
  });

  it("is NotSupported where the runtime has no SQLite, and names those that have", async () => {
    const missing = () => Promise.reject(new Error("No such built-in module"));
    for (const runtime of ["Node", "Bun"] as const) {
      await assert.rejects(runtimeOpener(missing, runtime), {
        code: "NotSupported",
        message: /Deno, Node >= 22\.13 or Bun/,
      });
    }
  });

  it("takes the SQLite of the runtime it is on", async () => {
    const asked: string[] = [];
    const load = (specifier: string) => {
      asked.push(specifier);
      return Promise.resolve({});
    };
    await runtimeOpener(load, "Bun");
    await runtimeOpener(load, "Node");
    assert.deepEqual(asked, ["bun:sqlite", "node:sqlite"]);
  });
});

async function withoutLog(path: string): Promise<void> {
  const database = await openForWriting(path);
  database.exec("PRAGMA journal_mode = DELETE");
  database.close();
}
