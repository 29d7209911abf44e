/**
 * Restoring, without OpenCode: new ids, what goes into the import file, and every way to fail. With
 * the real one it is tested in `tests/e2e/opencode_test.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openCode } from "../../../../adapters/agents/opencode/mod.ts";
import { isArchiveError } from "../../../../core/errors.ts";
import { newIds, withNewIds } from "../../../../adapters/agents/opencode/remap.ts";
import { addOddity, editDatabase } from "../../../fixtures/opencode_edits.ts";
import fc from "../../../properties.ts";
import { archiveOf, linesOf, readSession, type Store, withStore } from "./reading.ts";

/** A program that answers as OpenCode does but imports nothing. */
async function idleProgram(folder: string, script = "exit 0"): Promise<string> {
  const path = join(folder, "opencode");
  await writeFile(path, `#!/bin/sh\necho "$@" >> "${folder}/calls"\n${script}\n`, { mode: 0o755 });
  return path;
}

async function firstArchive(store: Store) {
  return archiveOf(await readSession(store, store.written[0].id));
}

describe("restoring into OpenCode", () => {
  it("needs the directory, and names it", async () => {
    await withStore({}, async (store) => {
      await assert.rejects(store.agent.restore!([await firstArchive(store)]), {
        code: "NotFound",
        message: /directory \/home\/user\/project-1, which does not exist here; .*--into DIR/,
      });
    });
  });

  it("needs the program, and says what to do without it", async () => {
    await withStore({}, async (store) => {
      const archive = await firstArchive(store);
      const options = { directory: store.folder };
      for (const command of [undefined, "./no/such/opencode"]) {
        const agent = openCode({ database: store.database, command, env: { PATH: store.folder } });
        await assert.rejects(agent.restore!([archive], options), {
          code: "NotFound",
          message: /there is no program .*opencode.*install OpenCode/,
        });
      }
    });
  });

  it("runs nothing for a session that is there, or when it is only tried", async () => {
    await withStore({ sessions: [{ todos: 2, turns: 1 }] }, async (store) => {
      const command = await idleProgram(store.folder);
      const agent = openCode({ database: store.database, command });
      const archive = await firstArchive(store);
      const directory = store.folder;
      const [existing] = await agent.restore!([archive], { directory });
      assert.equal(existing.status, "existing");
      assert.equal(existing.directory, "/home/user/project-1");
      const [dry] = await agent.restore!([archive], { directory, newId: true, dryRun: true });
      assert.equal(dry.status, "would restore");
      assert.notEqual(dry.id, archive.id);
      assert.deepEqual(dry.notes, [
        "OpenCode does not import todos: 2 todos stay in the archive only",
      ]);
      const { access } = await import("node:fs/promises");
      await assert.rejects(access(join(store.folder, "calls")));
    });
  });

  it("believes what is in the database, not an exit code of 0", async () => {
    await withStore({}, async (store) => {
      const command = await idleProgram(store.folder);
      const agent = openCode({ database: store.database, command });
      const archive = await firstArchive(store);
      const options = { directory: store.folder, newId: true };
      const [{ status, error }] = await agent.restore!([archive], options);
      assert.equal(status, "failed");
      assert.ok(isArchiveError(error, "NotSupported"));
      assert.match(error.message, /was not restored: OpenCode took nothing/);
    });
  });

  it("tells what the program complained about", async () => {
    await withStore({}, async (store) => {
      const script =
        `printf '\\033[91mError: \\033[0mUnexpected error\\n\\nMissing key\\n' >&2; exit 1`;
      const agent = openCode({
        database: store.database,
        command: await idleProgram(store.folder, script),
      });
      const archive = await firstArchive(store);
      const options = { directory: store.folder, newId: true };
      const [{ error }] = await agent.restore!([archive], options);
      assert.match(error!.message, /it said: Missing key$/);
    });
  });

  it("says what cannot be given to OpenCode", async () => {
    await withStore({ sessions: [{ turns: 1 }] }, async (store) => {
      const [{ id }] = store.written;
      for (const oddity of ["unknown part", "broken part", "broken message"] as const) {
        await addOddity(store.database, id, oddity);
      }
      await editDatabase(store.database, (open) => open.exec("UPDATE session SET metadata = '{'"));
      const agent = openCode({
        database: store.database,
        command: await idleProgram(store.folder),
      });
      const options = { directory: store.folder, newId: true, dryRun: true };
      const [{ notes }] = await agent.restore!([await firstArchive(store)], options);
      assert.deepEqual(notes.map((note) => /: (.*) in the archive only$/.exec(note)?.[1]), [
        '1 part of type "hologram" stays',
        "1 part that was broken stays",
        "1 message that was broken stays",
        "1 field info.metadata that was broken stays",
      ]);
    });
  });

  it("stops between two sessions", async () => {
    await withStore({}, async (store) => {
      const agent = openCode({
        database: store.database,
        command: await idleProgram(store.folder),
      });
      const options = { directory: store.folder, signal: AbortSignal.abort() };
      await assert.rejects(agent.restore!([await firstArchive(store)], options), {
        code: "Aborted",
      });
    });
  });
});

describe("new ids", () => {
  const now = Date.UTC(2026, 10, 22);

  it("keep kind and order, are all different, and end at the present", async () => {
    const id = fc.stringMatching(/^[0-9A-Za-z]{1,26}$/);
    await fc.assert(fc.asyncProperty(
      fc.uniqueArray(id, { minLength: 1, maxLength: 20 }),
      fc.uniqueArray(id, { minLength: 1, maxLength: 20 }),
      async (sessions, messages) => {
        const archives = sessions.map((session, index) => ({
          id: `ses_${session}`,
          projectPath: "/p",
          summary: {
            title: "",
            updatedAt: "",
            parentId: null,
            agentVersion: null,
            messages: 0,
            models: [],
            tokens: { input: 0, output: 0, reasoning: 0, cacheRead: 0, cacheWrite: 0 },
            cost: 0,
          },
          native: () =>
            linesOf(JSON.stringify({
              messages: (index > 0 ? [] : messages).map((message) => ({
                info: { id: `msg_${message}` },
                parts: [{ id: `prt_${message}` }],
              })),
            })),
        }));
        const map = await newIds(archives, now);
        assert.equal(map.size, sessions.length + 2 * messages.length);
        assert.equal(new Set(map.values()).size, map.size);
        for (const kind of ["ses", "msg", "prt"]) {
          const old = [...map.keys()].filter((one) => one.startsWith(kind)).sort();
          const fresh = old.map((one) => map.get(one)!);
          assert.deepEqual(fresh, [...fresh].sort());
          for (const one of fresh) assert.match(one, /^(ses|msg|prt)_[0-9a-f]{12}[0-9A-Za-z]{14}$/);
        }
        const last = [...map.values()].filter((one) => one.startsWith("msg")).sort().at(-1)!;
        assert.equal(parseInt(last.slice(4, 16), 16), now * 4096 % 2 ** 48);
      },
    ));
  });

  it("replace whole ids wherever they stand, and nothing else", () => {
    const ids = new Map([["ses_1", "ses_A"], ["msg_1", "msg_B"]]);
    const text = '{"id":"msg_1","text":"see ses_1, ses_12, \\nmsg_1. prt_1","sessionID":"ses_1"}';
    assert.equal(
      withNewIds(text, ids),
      '{"id":"msg_B","text":"see ses_A, ses_12, \\nmsg_B. prt_1","sessionID":"ses_A"}',
    );
  });

  it("reach every id of a session and its children, and lead back", async () => {
    await withStore({ sessions: [{ children: 1, todos: 1 }] }, async (store) => {
      const reads = [];
      for (const { id } of store.written) reads.push(await readSession(store, id));
      const map = await newIds(reads.map(archiveOf), now);
      const back = new Map([...map].map(([old, fresh]) => [fresh, old]));
      for (const { lines } of reads) {
        for (const line of lines) {
          const renamed = withNewIds(line, map);
          for (const [id] of renamed.matchAll(/(?:ses|msg|prt)_[0-9A-Za-z]{26}/g)) {
            assert.ok(back.has(id), id);
          }
          assert.equal(withNewIds(renamed, back), line);
        }
      }
    });
  });

  it("are refused for ids that are none of OpenCode's", async () => {
    await withStore({ sessions: [{ turns: 1 }] }, async (store) => {
      const archive = { ...await firstArchive(store), id: "ses_a-b" };
      await assert.rejects(newIds([archive]), { code: "Invalid", message: /"ses_a-b"/ });
    });
  });
});
