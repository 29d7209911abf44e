/**
 * Units and summaries.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openCode } from "../../../../adapters/agents/opencode/mod.ts";
import { editDatabase, revertSession } from "../../../fixtures/opencode_edits.ts";
import fc from "../../../properties.ts";
import { readSession, unitsIn, withStore } from "./reading.ts";

const agent = openCode();

/** JSON in the lines of a document. */
function nativeLines(messages: readonly unknown[], rest: Record<string, unknown>): string[] {
  const lines = messages.map((message, index) =>
    JSON.stringify(message) + (index < messages.length - 1 ? "," : "")
  );
  return ['{"messages":[', ...lines, `],${JSON.stringify(rest).slice(1)}`];
}

describe("the units of an OpenCode session", () => {
  it("are messages, parts, todos and its info, each with an id of its own", async () => {
    await withStore({ sessions: [{ turns: 2, todos: 2 }] }, async (store) => {
      const { lines, native } = await readSession(store, store.written[0].id);
      const units = await unitsIn(agent, lines);
      assert.equal(new Set(units.map(({ id }) => id)).size, units.length);
      assert.deepEqual(units.map(({ id }) => id), [
        ...native.messages.flatMap(({ info, parts }) => [
          `message:${info.id}`,
          ...parts.map(({ id }) => `part:${id}`),
        ]),
        "info",
        ...units.slice(-2).map(({ id }) => id),
      ]);
      assert.match(units.at(-1)!.id, /^todo:[0-9a-f]{12}$/);
    });
  });

  it("know a todo by what it says, wherever it stands", async () => {
    const ids = async (...contents: string[]) => {
      const todos = contents.map((content) => ({ content, status: "pending" }));
      const units = await unitsIn(agent, nativeLines([], { info: {}, todos }));
      return units.map(({ id }) => id).filter((id) => id.startsWith("todo:")).sort();
    };
    assert.deepEqual(await ids("a", "b"), await ids("b", "a"));
    assert.notDeepEqual(await ids("a", "b"), await ids("a", "c"));
    assert.equal(new Set(await ids("a", "a")).size, 2);
  });

  it("of the last line are those that change in place", async () => {
    await withStore({ sessions: [{ todos: 3 }] }, async (store) => {
      const { lines, loaded } = await readSession(store, store.written[0].id);
      assert.deepEqual(loaded.inPlace(), (await unitsIn(agent, lines)).slice(-4));
    });
  });

  it("leave out what comes and goes by itself", async () => {
    await withStore({}, async (store) => {
      const [{ id }] = store.written;
      const before = await unitsIn(agent, (await readSession(store, id)).lines);
      await editDatabase(store.database, (database) => {
        database.exec(`UPDATE session SET revert = '{"messageID":"m"}', share_url = 'x',
          permission = '[]', summary_files = 3, time_updated = 9, time_archived = 9`);
      });
      assert.deepEqual(await unitsIn(agent, (await readSession(store, id)).lines), before);
    });
  });

  it("are fewer after a revert", async () => {
    await withStore({}, async (store) => {
      const [{ id }] = store.written;
      const before = await unitsIn(agent, (await readSession(store, id)).lines);
      await revertSession(store.database, id, 4);
      const now = await unitsIn(agent, (await readSession(store, id)).lines);
      const ids = new Set(now.map((unit) => unit.id));
      assert.equal(before.filter((unit) => !ids.has(unit.id)).length, 9);
    });
  });

  it("hold everything that is in any JSON, however odd", async () => {
    const key = fc.constantFrom("info", "parts", "id", "todos", "messages", "x");
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.jsonValue(),
        fc.array(tie("tree"), { maxLength: 4 }),
        fc.dictionary(key, tie("tree"), { maxKeys: 4 }),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(fc.array(tree), fc.dictionary(key, tree), async (all, more) => {
        const { messages: _none, ...rest } = more;
        const messages = JSON.parse(JSON.stringify(all));
        const lines = nativeLines(messages, { info: null, ...JSON.parse(JSON.stringify(rest)) });
        const whole = JSON.parse(lines.join("\n"));
        const found = leaves((await unitsIn(agent, lines)).map(({ value }) => value));
        const expected = leaves({ ...whole, info: withoutVolatile(whole.info) });
        for (const [leaf, times] of expected) assert.ok((found.get(leaf) ?? 0) >= times, leaf);
      }),
    );
  });

  it("are the same however the JSON is laid out", async () => {
    await withStore({ sessions: [{ todos: 1 }] }, async (store) => {
      const { lines, native } = await readSession(store, store.written[0].id);
      const expected = await unitsIn(agent, lines);
      for (const text of [JSON.stringify(native), JSON.stringify(native, null, 2)]) {
        assert.deepEqual(await unitsIn(agent, text.split("\n")), expected);
      }
    });
  });

  for (
    const [what, lines] of [
      ["nothing", []],
      ["no end", ['{"messages":[', '{"info":{}}']],
      ["a damaged line", ['{"messages":[', '{"info":{', '],"info":{}}']],
      ["something after the end", ['{"messages":[', '],"info":{}}', "{}"]],
      ["no JSON", ["hello"]],
    ] as const
  ) {
    it(`of ${what} are refused as Corrupt`, async () => {
      await assert.rejects(unitsIn(agent, lines), { code: "Corrupt" });
    });
  }
});

/** How often each leaf stands in a value. */
function leaves(value: unknown, into = new Map<string, number>()): Map<string, number> {
  if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) leaves(inner, into);
  } else into.set(JSON.stringify(value), (into.get(JSON.stringify(value)) ?? 0) + 1);
  return into;
}

function withoutVolatile(info: unknown): unknown {
  if (typeof info !== "object" || info === null || Array.isArray(info)) return info;
  const volatile = ["revert", "share", "permission", "summary", "time"];
  return Object.fromEntries(Object.entries(info).filter(([name]) => !volatile.includes(name)));
}

describe("the summary of an OpenCode session", () => {
  it("has what OpenCode counted for the whole session", async () => {
    const sessions = [{ title: "Größe", children: 1, turns: 2 }];
    await withStore({ sessions }, async (store) => {
      const { loaded } = await readSession(store, store.written[1].id);
      assert.deepEqual(loaded.summary(), {
        title: "Größe",
        updatedAt: new Date(Date.UTC(2026, 0, 1) + 5 * 60_000).toISOString(),
        parentId: store.written[0].id,
        agentVersion: "1.18.33",
        messages: 4,
        models: ["fake/echo"],
        tokens: { input: 2400, output: 680, reasoning: 112, cacheRead: 16000, cacheWrite: 200 },
        cost: 0.025,
      });
    });
  });

  it("sums up the answers where OpenCode did not", async () => {
    await withStore({ sessions: [{ turns: 2 }] }, async (store) => {
      const [{ id }] = store.written;
      const before = (await readSession(store, id)).loaded.summary();
      await editDatabase(store.database, (database) => {
        database.exec(`UPDATE session SET cost = 0, tokens_input = 0, tokens_output = 0,
          tokens_reasoning = 0, tokens_cache_read = 0, tokens_cache_write = 0`);
      });
      assert.deepEqual((await readSession(store, id)).loaded.summary(), before);
    });
  });

  it("has no title where OpenCode made one up", async () => {
    for (const lead of ["New", "Child"]) {
      const title = `${lead} session - 2026-01-01T00:00:00.000Z`;
      await withStore({ sessions: [{ title }] }, async (store) => {
        assert.equal((await readSession(store, store.written[0].id)).loaded.summary().title, "");
      });
    }
  });

  it("survives nonsense in messages and times", async () => {
    await withStore({ sessions: [{ turns: 1 }] }, async (store) => {
      const [{ id }] = store.written;
      await editDatabase(store.database, (database) => {
        database.exec(`UPDATE session SET time_created = 9e18, time_updated = 9e18, version = ''`);
        database.exec(`UPDATE message SET data = '{"role":"assistant","tokens":7,"cost":"x"}'`);
      });
      const { loaded } = await readSession(store, id);
      assert.equal(loaded.createdAt, "1970-01-01T00:00:00.000Z");
      assert.equal(loaded.summary().agentVersion, null);
      assert.deepEqual(loaded.summary().models, []);
    });
  });
});
