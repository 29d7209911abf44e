/**
 * The look at all sessions, and their change tokens.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openCode } from "../../../../adapters/agents/opencode/mod.ts";
import {
  appendMessage,
  changePart,
  editDatabase,
  revertSession,
  touchSession,
} from "../../../fixtures/opencode_edits.ts";
import { all, readSession, refsOf, type Store, withStore } from "./reading.ts";

async function tokenOf({ agent, database }: Store, id: string): Promise<string> {
  const [ref] = await all(agent.sessions({ ids: [id] }));
  assert.equal(ref.store, database);
  return ref.token;
}

describe("the sessions of OpenCode", () => {
  it("are all found, with project, parent and time", async () => {
    const sessions = [{ count: 4, projects: 2, children: 1 }];
    await withStore({ sessions }, async ({ agent, written, database }) => {
      const refs = await refsOf(agent);
      assert.equal(refs.length, 8);
      for (const { id, directory, parentId } of written) {
        const ref = refs.find((one) => one.id === id)!;
        assert.deepEqual([ref.agent, ref.store, ref.projectPath], [
          "opencode",
          database,
          directory,
        ]);
        assert.equal(ref.parentId ?? null, parentId);
        assert.match(ref.updatedAt, /^2026-01-01T\d\d:\d\d:00\.000Z$/);
      }
      const times = refs.map((ref) => ref.updatedAt);
      assert.deepEqual(times, [...times].sort().reverse());
    });
  });

  it("tell the repository that their directory is another worktree of", async () => {
    const projects = [
      "/home/me/private",
      "/home/me/private/sub",
      "/data/worktree/ab/witty",
      "/srv/b",
    ];
    await withStore({ sessions: [{ count: 4, projects }] }, async (store) => {
      const origins = ["/home/me/private", "/home/me/private", "/home/me/private", "/"];
      await editDatabase(store.database, (open) => {
        for (const [index, worktree] of origins.entries()) {
          open.prepare(
            "UPDATE project SET worktree = ? WHERE id = (SELECT project_id FROM session WHERE directory = ?)",
          ).run(worktree, projects[index]);
        }
      });
      for (const ref of await refsOf(store.agent)) {
        const origin = ref.projectPath === "/data/worktree/ab/witty"
          ? "/home/me/private"
          : undefined;
        assert.equal(ref.origin, origin, ref.projectPath);
        assert.equal((await readSession(store, ref.id)).loaded.origin, origin);
      }
    });
  });

  it("are found by id and by time", async () => {
    await withStore({ sessions: [{ count: 3 }] }, async ({ agent, written }) => {
      const ids = [written[1].id, "ses_none"];
      assert.deepEqual((await all(agent.sessions({ ids }))).map(({ id }) => id), [written[1].id]);
      assert.deepEqual(await all(agent.sessions({ ids: [] })), []);
      const many = [...Array(600).keys()].map((number) => `ses_${number}`);
      assert.equal((await all(agent.sessions({ ids: [...many, ...ids] }))).length, 1);
      const [newest] = await refsOf(agent);
      const since = await all(agent.sessions({ since: newest.updatedAt }));
      assert.deepEqual(since.map(({ id }) => id), [newest.id]);
    });
  });

  it("are found in the stores that are named, wherever those lie", async () => {
    await withStore({ sessions: [{ count: 2 }] }, async ({ database }) => {
      const elsewhere = openCode({ env: { HOME: "/nonexistent" } });
      assert.deepEqual(await refsOf(elsewhere), []);
      const found = await all(elsewhere.sessions({ stores: [database] }));
      assert.deepEqual(found.map(({ store }) => store), [database, database]);
      assert.deepEqual(await all(elsewhere.sessions({ stores: [] })), []);
      const missing = elsewhere.sessions({ stores: [`${database}.gone`] });
      await assert.rejects(all(missing), { code: "NotFound" });
    });
  });

  it("have the token that loading them has, and keep it while nothing changes", async () => {
    await withStore({ sessions: [{ count: 3, todos: 2, children: 1 }] }, async (store) => {
      for (const ref of await refsOf(store.agent)) {
        assert.equal((await readSession(store, ref.id)).loaded.token, ref.token);
        assert.equal(await tokenOf(store, ref.id), ref.token);
        assert.ok(ref.token.length < 80);
      }
    });
  });

  const changes: Record<string, (store: Store, id: string) => Promise<unknown>> = {
    "a message more": ({ database }, id) => appendMessage(database, id, "more"),
    "a revert": ({ database }, id) => revertSession(database, id, 2),
    "a changed part": (store, id) =>
      readSession(store, id).then(({ native }) =>
        changePart(store.database, String(native.messages[0].parts[0].id), {
          type: "text",
          text: "x",
        })
      ),
    "an event alone": ({ database }, id) =>
      editDatabase(database, (open) => {
        open.prepare("UPDATE event_sequence SET seq = seq + 1 WHERE aggregate_id = ?").run(id);
      }),
    "rows gone without an event": ({ database }, id) =>
      editDatabase(database, (open) => {
        open.prepare("DELETE FROM part WHERE session_id = ? AND data LIKE '%patch%'").run(id);
      }),
    "a todo": ({ database }, id) =>
      editDatabase(database, (open) => {
        open.prepare("INSERT INTO todo VALUES (?, 'a', 'pending', 'low', 9, 1, 1)").run(id);
      }),
    "a clock": ({ database }, id) => editDatabase(database, (open) => touchSession(open, id)),
    ...Object.fromEntries(
      ["title", "directory", "metadata", "revert", "cost", "tokens_output", "time_archived"].map(
        (
          column,
        ) => [
          `the column ${column} alone`,
          ({ database }: Store, id: string) =>
            editDatabase(database, (open) => {
              open.prepare(`UPDATE session SET ${column} = 17 WHERE id = ?`).run(id);
            }),
        ],
      ),
    ),
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`get another token by ${what}, and only the one session does`, async () => {
      await withStore({ sessions: [{ count: 2 }] }, async (store) => {
        const [{ id }, other] = store.written;
        const before = await tokenOf(store, id);
        const others = await tokenOf(store, other.id);
        await change(store, id);
        assert.notEqual(await tokenOf(store, id), before);
        assert.equal(await tokenOf(store, other.id), others);
      });
    });
  }

  it("tell a NULL from an empty text", async () => {
    await withStore({}, async (store) => {
      const [{ id }] = store.written;
      const before = await tokenOf(store, id);
      await editDatabase(store.database, (open) => open.exec("UPDATE session SET metadata = ''"));
      assert.notEqual(await tokenOf(store, id), before);
    });
  });

  it("of a database of an older OpenCode are read without the columns it lacks", async () => {
    await withStore({ sessions: [{ count: 2 }] }, async (store) => {
      await editDatabase(store.database, (open) => {
        open.exec("DROP TABLE event_sequence; DROP TABLE todo");
        open.exec("DROP INDEX session_workspace_idx");
        const tokens = ["input", "output", "reasoning", "cache_read", "cache_write"];
        const names = tokens.map((name) => `tokens_${name}`);
        for (const column of [...names, "cost", "metadata", "workspace_id"]) {
          open.exec(`ALTER TABLE session DROP COLUMN ${column}`);
        }
      });
      const [{ id }] = store.written;
      const before = await tokenOf(store, id);
      const { native, loaded } = await readSession(store, id);
      assert.equal("cost" in native.info || "tokens" in native.info, false);
      assert.deepEqual(native.todos, []);
      assert.equal(loaded.summary().tokens.input, 3600);
      await editDatabase(store.database, (open) => {
        open.prepare("UPDATE part SET time_updated = time_updated + 1 WHERE session_id = ?")
          .run(id);
      });
      assert.notEqual(await tokenOf(store, id), before);
    });
  });

  it("of a good database are found beside one that is damaged, which is then named", async () => {
    await withStore({}, async ({ database, folder, written }) => {
      const { writeFile } = await import("node:fs/promises");
      await writeFile(`${folder}/broken.db`, "no database ".repeat(100));
      const agent = openCode({ database: [`${folder}/broken.db`, database] });
      const found: string[] = [];
      await assert.rejects(async () => {
        for await (const { id } of agent.sessions()) found.push(id);
      }, { code: "Corrupt", message: /broken\.db/ });
      assert.deepEqual(found, [written[0].id]);
    });
  });
});
