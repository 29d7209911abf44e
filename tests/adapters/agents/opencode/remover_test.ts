/**
 * Deleting sessions by a server of our own, with a program that stands in for OpenCode. With the real
 * one it is tested in `tests/e2e/prune_local_test.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { openCode } from "../../../../adapters/agents/opencode/mod.ts";
import type { Agent, SessionRef } from "../../../../core/agent.ts";
import type { FixtureDatabase } from "../../../fixtures/writable_database.ts";
import { editDatabase } from "../../../fixtures/opencode_edits.ts";
import { lives, signal } from "../../../processes.ts";
import { until } from "../../../until.ts";
import { all, type Store, withStore } from "./reading.ts";

/** How the program behaves. */
type Serve = "plainly" | "chatters" | "hangs up" | "refuses" | "says nothing";

/** A database of a parent with one child and of another session, and an agent with such a program. */
interface Stage extends Store {
  readonly agent: Agent;
  /** The parent and its child. */
  readonly family: readonly [SessionRef, SessionRef];
  /** Changes the database. */
  edit(edit: (database: FixtureDatabase) => void): Promise<void>;
  /** The ids that are left. */
  ids(): Promise<string[]>;
  /** The number of the program's process. */
  pid(): Promise<number>;
}

async function onStage(
  serve: Serve,
  play: (stage: Stage) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  await withStore({ sessions: [{ children: 1, turns: 1 }, { turns: 1 }] }, async (store) => {
    const { database, folder } = store;
    const command = await program(folder);
    const agent = openCode({
      database,
      command,
      env: { ...process.env, SERVE: serve, STAGE: folder, ...env },
    });
    const sessions = await all(agent.sessions());
    const [parent, child] = store.written.map(({ id }) => sessions.find((one) => one.id === id)!);
    await play({
      ...store,
      agent,
      family: [parent, child],
      edit: (edit) => editDatabase(database, edit),
      ids: async () => (await all(agent.sessions())).map(({ id }) => id),
      pid: async () => Number(await readFile(join(folder, "pid"), "utf8")),
    });
  });
}

/** What starts a script of this folder with this runtime. */
function starting(script: string): readonly string[] {
  const flags = "Deno" in globalThis
    ? ["run", "-qA", "--no-lock", "--no-config"]
    : process.execArgv;
  const file = fileURLToPath(new URL(`./children/${script}`, import.meta.url));
  return [process.execPath, ...flags, file];
}

/** A script that starts the real program and waits for it, as those of package managers do. */
async function program(folder: string): Promise<string> {
  const path = join(folder, "opencode");
  const flags = "Deno" in globalThis
    ? ["run", "-qA", "--no-lock", "--no-config"]
    : process.execArgv;
  const file = fileURLToPath(new URL("./children/serve.ts", import.meta.url));
  const command = [process.execPath, ...flags, file].map((word) => `'${word}'`).join(" ");
  await writeFile(path, `#!/bin/sh\n${command} "$@"\n`, { mode: 0o755 });
  return path;
}

/** Has the family deleted. */
async function remove({ agent, database, family }: Stage): Promise<void> {
  const remover = await agent.remover!(database);
  try {
    await remover.remove(family);
  } finally {
    await remover.close();
  }
}

describe("deleting sessions of OpenCode", { skip: process.platform === "win32" }, () => {
  for (
    const [serve, what] of [
      ["plainly", "answers"],
      ["chatters", "says more than it should, and not at once"],
      ["hangs up", "does it and hangs up"],
    ] as const
  ) {
    it(`is done by a server that ${what}`, () =>
      onStage(serve, async (stage) => {
        await remove(stage);
        assert.deepEqual(await stage.ids(), [stage.written[2].id]);
      }));
  }

  it("goes by no proxy and by no name of the user's own", () =>
    onStage("plainly", async (stage) => {
      const { HTTP_PROXY } = process.env;
      process.env.HTTP_PROXY = "http://127.0.0.1:9";
      try {
        await remove(stage);
      } finally {
        if (HTTP_PROXY === undefined) delete process.env.HTTP_PROXY;
        else process.env.HTTP_PROXY = HTTP_PROXY;
      }
      assert.equal((await stage.ids()).length, 1);
    }, { OPENCODE_SERVER_USERNAME: "somebody" }));

  it("ends the server, whatever script it was started by", () =>
    onStage("plainly", async (stage) => {
      const remover = await stage.agent.remover!(stage.database);
      const pid = await stage.pid();
      assert.ok(lives(pid));
      await remover.close();
      await until("the server has ended", () => !lives(pid));
    }));

  for (const how of ["exits", "SIGHUP"] as const) {
    it(`ends the server with a process that ${how === "exits" ? how : "is hung up"}`, () =>
      onStage("plainly", async ({ database, folder, pid }) => {
        const [file, ...args] = starting("hold.ts");
        const child = spawn(file, [...args, database, join(folder, "opencode"), how], {
          env: { ...process.env, STAGE: folder, TMPDIR: folder },
          stdio: ["ignore", "pipe", "inherit"],
        });
        const ended = new Promise((resolve) => child.once("close", resolve));
        if (how === "SIGHUP") child.stdout.once("data", () => signal(child.pid!, how));
        await ended;
        const server = await pid();
        await until("the server has ended", () => !lives(server));
      }));
  }

  it("stops waiting for a server when it is told to, and ends that", () =>
    onStage("says nothing", async (stage) => {
      const ac = new AbortController();
      const opening = stage.agent.remover!(stage.database, { signal: ac.signal });
      const pid = await until(
        "the server runs",
        async () => await stage.pid().catch(() => 0) || false,
      );
      ac.abort();
      await assert.rejects(opening, { code: "Aborted" });
      await until("the server has ended", () => !lives(pid));
    }));

  it("names what is still there when the server does not do it", () =>
    onStage("refuses", async (stage) => {
      const [parent, child] = stage.family;
      await assert.rejects(remove(stage), ({ message, session }: Error & { session?: string }) => {
        assert.match(message, new RegExp(`was not deleted.*${parent.id}.* are still there`));
        assert.match(message, /OpenCode answered 500: no$/);
        return message.includes(child.id) && session === parent.id;
      });
      assert.equal((await stage.ids()).length, 3);
    }));

  it("fails without the program before anything is asked for", () =>
    withStore({}, async ({ database, folder }) => {
      const agent = openCode({ database, env: { PATH: folder } });
      await assert.rejects(agent.remover!(database), {
        code: "NotFound",
        message: /there is no program opencode in PATH/,
      });
    }));

  const CHANGES: readonly (readonly [string, RegExp, (database: FixtureDatabase) => void])[] = [
    ["has changed", /has changed just now/, (database) => {
      database.exec("UPDATE session SET title = 'another'");
    }],
    ["has another child", /was started just now/, (database) => {
      const parent = "SELECT parent_id FROM session WHERE parent_id IS NOT NULL";
      database.exec(`UPDATE session SET parent_id = (${parent}) WHERE id NOT IN (${parent})`);
    }],
    ["is gone", /is no longer there/, (database) => {
      database.exec("DELETE FROM session WHERE parent_id IS NOT NULL");
    }],
    ["has messages of a kind that is not archived", /something in table session_message/, (it) => {
      it.exec(
        "INSERT INTO session_message SELECT 'one', id, 'user', 1, 1, 1, '{}' FROM session " +
          "WHERE parent_id IS NOT NULL",
      );
    }],
    ["has something in a table that is new", /something in table note/, (database) => {
      database.exec("CREATE TABLE note (part text REFERENCES part(id) ON DELETE CASCADE)");
      database.exec("INSERT INTO note SELECT id FROM part");
    }],
    ["has something in a column that is new", /in message\.mood, which is not/, (database) => {
      database.exec("ALTER TABLE message ADD COLUMN mood text");
      database.exec("UPDATE message SET mood = 'good'");
    }],
    ["is shared", /is shared, and its page would go with it/, (database) => {
      database.exec(
        "INSERT INTO session_share SELECT id, 'x', 'secret', 'https://x', 1, 1 " +
          "FROM session",
      );
    }],
  ];
  for (const [what, problem, change] of CHANGES) {
    it(`is not done when one ${what}`, () =>
      onStage("plainly", async (stage) => {
        await stage.edit(change);
        const before = await stage.ids();
        await assert.rejects(remove(stage), { code: "Precondition", message: problem });
        assert.deepEqual(await stage.ids(), before);
      }));
  }

  it("is done where what is new says nothing of the session", () =>
    onStage("plainly", async (stage) => {
      await stage.edit((database) => {
        database.exec("CREATE TABLE note (session_id text, text text)");
        database.exec("INSERT INTO note VALUES ('another', 'one')");
        database.exec("ALTER TABLE part ADD COLUMN mood text");
      });
      await remove(stage);
      assert.equal((await stage.ids()).length, 1);
    }));
});
