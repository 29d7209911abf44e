/**
 * What is read of a session, line by line.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodedLines } from "../../../../core/streams.ts";
import { addOddity, editDatabase, emptyDatabase } from "../../../fixtures/opencode_edits.ts";
import { readSession, withStore } from "./reading.ts";

describe("a loaded OpenCode session", () => {
  it("comes in lines: a message each, and last what changes in place", async () => {
    await withStore({ sessions: [{ turns: 2, todos: 2 }] }, async (store) => {
      const { lines, native, loaded } = await readSession(store, store.written[0].id);
      assert.equal(lines[0], '{"messages":[');
      assert.equal(lines.length, 6);
      assert.ok(lines.slice(1, 4).every((line) => line.endsWith("},")));
      assert.ok(lines[4].endsWith("]}"));
      assert.ok(lines[5].startsWith('],"info":{"id":'));
      assert.equal(native.messages.length, 4);
      assert.deepEqual(Object.keys(native), ["messages", "info", "todos"]);
      assert.deepEqual(Object.keys(native.todos[0]), ["content", "status", "priority"]);
      assert.deepEqual(loaded.warnings(), []);
    });
  });

  it("without messages is still one JSON object", async () => {
    await withStore({}, async (store) => {
      const [{ id }] = store.written;
      await editDatabase(store.database, (database) => {
        database.exec("DELETE FROM part; DELETE FROM message");
      });
      const { lines, native, loaded } = await readSession(store, id);
      assert.equal(lines.length, 2);
      assert.deepEqual(native.messages, []);
      assert.equal(loaded.summary().messages, 0);
    });
  });

  it("has its info in OpenCode's order, without what is NULL", async () => {
    await withStore({ sessions: [{ children: 1 }] }, async (store) => {
      const { native } = await readSession(store, store.written[1].id);
      assert.deepEqual(Object.keys(native.info), [
        ...["id", "slug", "projectID", "directory", "path", "parentID", "title", "agent", "model"],
        ...["version", "summary", "cost", "tokens", "time"],
      ]);
      assert.equal(native.info.parentID, store.written[0].id);
      assert.deepEqual(native.info.summary, { additions: 0, deletions: 0, files: 0 });
    });
  });

  it("rebuilds model and revert as OpenCode does, and keeps every digit", async () => {
    await withStore({}, async (store) => {
      const [{ id }] = store.written;
      await editDatabase(store.database, (database) => {
        database.prepare(
          `UPDATE session SET model = ?, revert = ?, metadata = ?, permission = 'null',
            share_url = 'https://example.com/s', time_archived = 7`,
        ).run(
          '{"variant":"v","more":1,"providerID":"p","id":"m"}',
          '{"snapshot":"s","messageID":"msg_1"}',
          '{"a":\n 1.50,"b":12345678901234567890,"c":1e400}',
        );
      });
      const { lines } = await readSession(store, id);
      const last = lines.at(-1)!;
      assert.ok(last.includes('"model":{"id":"m","providerID":"p","variant":"v"}'), last);
      assert.ok(last.includes('"revert":{"messageID":"msg_1","snapshot":"s"}'), last);
      assert.ok(last.includes('"metadata":{"a":  1.50,"b":12345678901234567890,"c":1e400}'), last);
      assert.ok(last.includes('"share":{"url":"https://example.com/s"}'), last);
      assert.ok(last.includes('"archived":7}'), last);
      assert.equal(last.includes("permission"), false);
    });
  });

  it("keeps the text of a row: numbers, unknown types, its own white space", async () => {
    await withStore({}, async (store) => {
      const [{ id }] = store.written;
      await addOddity(store.database, id, "unknown part");
      const { lines, loaded } = await readSession(store, id);
      const text = '{"type":"hologram","depth":1.50,"n":12345678901234567890,"id":"prt_';
      assert.ok(lines.some((line) => line.includes(text)));
      assert.deepEqual(loaded.warnings(), []);
    });
  });

  it("takes bytes for the text they are", async () => {
    await withStore({}, async (store) => {
      const [{ id }] = store.written;
      const part = await addOddity(store.database, id, "blob part");
      const { native, loaded } = await readSession(store, id);
      const { text, id: partId } = native.messages.at(-1)!.parts.at(-1)!;
      assert.deepEqual([text, partId], ["bytes — not text", part]);
      assert.deepEqual(loaded.warnings(), []);
    });
  });

  it("puts the columns in place of ids that stand in the data", async () => {
    await withStore({}, async (store) => {
      const [{ id }] = store.written;
      const part = await addOddity(store.database, id, "own ids");
      const { lines, native } = await readSession(store, id);
      const { id: message } = native.messages.at(-1)!.info;
      const expected = `{"id":"${part}","type":"text","text":"own","messageID":"${message}",` +
        `"n":1.0,"sessionID":"${id}"}`;
      assert.ok(lines.at(-2)!.includes(expected), lines.at(-2));
    });
  });

  for (const oddity of ["broken part", "broken message"] as const) {
    it(`keeps a ${oddity} as it is, and names it`, async () => {
      await withStore({}, async (store) => {
        const [{ id }] = store.written;
        const row = await addOddity(store.database, id, oddity);
        const { native, loaded } = await readSession(store, id);
        const { info, parts } = native.messages.at(-1)!;
        const { $raw, id: found } = oddity === "broken part" ? parts.at(-1)! : info;
        assert.match(
          atob(String($raw)),
          oddity === "broken part" ? /"text":"cut o$/ : /^\{"role":"user$/,
        );
        assert.equal(found, row);
        assert.equal(loaded.warnings().length, 1);
        assert.ok(loaded.warnings()[0].includes(row));
        assert.equal(loaded.summary().messages, 7);
      });
    });
  }

  it("keeps a JSON value that is no object as it is, and names it", async () => {
    await withStore({ sessions: [{ turns: 1 }] }, async (store) => {
      const [{ id }] = store.written;
      for (const data of ["[1]", '"text"', "null", "7", "", "{}garbage"]) {
        await editDatabase(store.database, (database) => {
          database.prepare("UPDATE part SET data = ?").run(data);
        });
        const { native, loaded } = await readSession(store, id);
        assert.equal(native.messages[0].parts[0].$raw, btoa(data));
        assert.equal(loaded.warnings().length, 7);
      }
    });
  });

  it("keeps a broken column of the session as it is, and names it", async () => {
    await withStore({}, async (store) => {
      const [{ id }] = store.written;
      await editDatabase(store.database, (database) => {
        database.exec(`UPDATE session SET metadata = '{"a":', model = 'x'`);
      });
      const { native, loaded } = await readSession(store, id);
      assert.deepEqual(native.info.metadata, { $raw: btoa('{"a":') });
      assert.deepEqual(native.info.model, { $raw: btoa("x") });
      assert.deepEqual(loaded.warnings().map((text) => /column (\w+)/.exec(text)?.[1]), [
        "model",
        "metadata",
      ]);
    });
  });

  it("takes an empty object for an object", async () => {
    await withStore({ sessions: [{ turns: 1 }] }, async (store) => {
      await editDatabase(store.database, (database) => {
        database.exec("UPDATE part SET data = ' { } '");
      });
      const { native, loaded } = await readSession(store, store.written[0].id);
      const keys = Object.keys(native.messages[0].parts[0]);
      assert.deepEqual(keys, ["id", "sessionID", "messageID"]);
      assert.deepEqual(loaded.warnings(), []);
    });
  });

  it("is what it was when the reading began, whatever is written meanwhile", async () => {
    await withStore({}, async (store) => {
      const [{ id }] = store.written;
      const whole = await readSession(store, id);
      const loaded = await store.agent.load({ agent: "opencode", store: store.database, id });
      await emptyDatabase(store.database);
      const lines: string[] = [];
      for await (const line of decodedLines(loaded.native)) lines.push(line);
      assert.deepEqual(lines, whole.lines);
      assert.equal(loaded.token, whole.loaded.token);
    });
  });

  it("lets go of the database when it is left early, or never read", async () => {
    await withStore({}, async (store) => {
      const session = { agent: "opencode", store: store.database, id: store.written[0].id };
      for await (const _line of (await store.agent.load(session)).native) break;
      await (await store.agent.load(session)).native[Symbol.asyncIterator]().return?.();
      // Leaving the write-ahead log needs every other connection to be closed.
      await editOutsideTransaction(store.database);
    });
  });

  it("fails with NotFound when the database has no such session", async () => {
    await withStore({}, async ({ agent, database }) => {
      await assert.rejects(agent.load({ agent: "opencode", store: database, id: "ses_none" }), {
        name: "ArchiveError",
        code: "NotFound",
        session: "ses_none",
      });
    });
  });

  it("stops between two messages when it is told to", async () => {
    await withStore({}, async ({ agent, database, written }) => {
      const stop = new AbortController();
      const session = { agent: "opencode", store: database, id: written[0].id };
      const loaded = await agent.load(session, { signal: stop.signal });
      await assert.rejects(async () => {
        for await (const _line of loaded.native) stop.abort();
      }, { code: "Aborted" });
    });
  });

  it("does not tell its summary before it was read", async () => {
    await withStore({}, async ({ agent, database, written }) => {
      const session = { agent: "opencode", store: database, id: written[0].id };
      const loaded = await agent.load(session);
      assert.throws(() => loaded.summary(), TypeError);
      await loaded.native[Symbol.asyncIterator]().return?.();
    });
  });
});

async function editOutsideTransaction(path: string): Promise<void> {
  const { openForWriting } = await import("../../../fixtures/writable_database.ts");
  const database = await openForWriting(path);
  const [{ journal_mode }] = database.prepare("PRAGMA journal_mode = DELETE").all();
  database.close();
  assert.equal(journal_mode, "delete");
}
