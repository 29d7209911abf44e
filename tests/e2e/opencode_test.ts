/**
 * The adapter against the real OpenCode: what it reads is what OpenCode exports, and what it puts
 * back is there.
 *
 * @module
 */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openCode } from "../../adapters/agents/opencode/mod.ts";
import { decodedLines } from "../../core/streams.ts";
import type { Agent, RestorableArchive, SessionRef } from "../../core/agent.ts";
import { during } from "../during.ts";
import { writeOpenCodeDatabase } from "../fixtures/opencode_database.ts";
import { addOddity } from "../fixtures/opencode_edits.ts";
import { type Exported, withoutPlace } from "./exported_session.ts";
import type { Reply } from "./fake_model.ts";
import { echo, type OpenCodeHome, startOpenCodeHome } from "./real_opencode.ts";

function scripted(prompt: string): Reply {
  if (prompt.includes("ASK A CHILD")) {
    const input = { description: "Look", prompt: "Say hello", subagent_type: "general" };
    return { tool: "task", input };
  }
  if (prompt.includes("PLAN")) {
    const todos = [
      { content: "Größe prüfen", status: "completed", priority: "high" },
      { content: "設定を読む", status: "pending", priority: "low" },
    ];
    return { tool: "todowrite", input: { todos } };
  }
  return echo(prompt);
}

async function refsOf(agent: Agent): Promise<SessionRef[]> {
  const refs: SessionRef[] = [];
  for await (const ref of agent.sessions()) refs.push(ref);
  return refs;
}

async function archiveOf(agent: Agent, ref: SessionRef): Promise<RestorableArchive> {
  const loaded = await agent.load(ref);
  const lines: string[] = [];
  for await (const line of decodedLines(loaded.native)) lines.push(line);
  assert.deepEqual(loaded.warnings(), []);
  return {
    id: loaded.id,
    projectPath: loaded.projectPath,
    summary: loaded.summary(),
    async *native() {
      yield* lines;
    },
  };
}

async function textOf(archive: RestorableArchive): Promise<string> {
  const lines: string[] = [];
  for await (const line of archive.native()) lines.push(line);
  return lines.join("\n");
}

/** Native JSON in the order of members in which OpenCode exports it. */
async function asExported(archive: RestorableArchive): Promise<string> {
  const { messages, todos: _todos, ...rest } = JSON.parse(await textOf(archive));
  return JSON.stringify({ ...rest, messages });
}

describe("a real OpenCode", () => {
  let home: OpenCodeHome;
  let agent: Agent;
  const archives = new Map<string, RestorableArchive>();
  const sessions: Record<"plain" | "planned" | "parent" | "child" | "aborted", string> = {
    plain: "",
    planned: "",
    parent: "",
    child: "",
    aborted: "",
  };

  before(async () => {
    home = await startOpenCodeHome(scripted);
    agent = openCode({ env: home.env, command: home.command });
    const [one, two] = [await home.project("one"), await home.project("zwei – 二")];
    await home.run(one, "Hello — ünïcödé 日本語 🦊");
    const server = await home.serve(one);
    try {
      for (
        const [name, project, prompt] of [
          ["planned", two, "PLAN it"],
          ["parent", two, "ASK A CHILD"],
        ] as const
      ) {
        sessions[name] = await server.create(project);
        await server.prompt(project, sessions[name], prompt);
      }
      sessions.aborted = await server.create(one);
      await server.promptAndAbort(one, sessions.aborted, "HANG on");
      await readsWhileServing(server, two);
    } finally {
      await server.close();
    }
    for (const ref of await refsOf(agent)) archives.set(ref.id, await archiveOf(agent, ref));
    const known = new Set(Object.values(sessions));
    for (const { id, summary } of archives.values()) {
      if (summary.parentId !== null) sessions.child = id;
      else if (!known.has(id) && summary.title.includes("ünï")) sessions.plain = id;
    }
  });

  /** Reads over and over while turns are written; each state must be whole. */
  async function readsWhileServing(
    server: Awaited<ReturnType<OpenCodeHome["serve"]>>,
    project: string,
  ): Promise<void> {
    const session = await server.create(project);
    const talk = async () => {
      for (const text of ["first", "second", "third"]) await server.prompt(project, session, text);
    };
    let messages = 0;
    await during(talk(), async () => {
      const [ref] = (await refsOf(agent)).filter(({ id }) => id === session);
      const { summary } = await archiveOf(agent, ref);
      assert.ok(summary.messages >= messages, "messages went away");
      messages = summary.messages;
    });
    const [ref] = (await refsOf(agent)).filter(({ id }) => id === session);
    assert.equal((await archiveOf(agent, ref)).summary.messages, 6);
  }

  after(async () => await home?.close());

  it("made sessions of every kind, and all are found", async () => {
    assert.ok(Object.values(sessions).every((id) => archives.has(id)), JSON.stringify(sessions));
    assert.equal(archives.size, 6);
    assert.equal(archives.get(sessions.child)?.summary.parentId, sessions.parent);
    assert.match(await textOf(archives.get(sessions.aborted)!), /MessageAbortedError/);
    assert.deepEqual(JSON.parse(await textOf(archives.get(sessions.planned)!)).todos, [
      { content: "Größe prüfen", status: "completed", priority: "high" },
      { content: "設定を読む", status: "pending", priority: "low" },
    ]);
  });

  it("exports exactly what was read, in the same order", async () => {
    for (const archive of archives.values()) {
      const exported = await home.export(archive.id);
      assert.equal(await asExported(archive), JSON.stringify(exported), archive.id);
    }
  });

  it("takes sessions back under new ids into another project, with all their messages", async () => {
    const directory = await home.project("other");
    const given = [archives.get(sessions.parent)!, archives.get(sessions.child)!];
    const outcomes = await agent.restore!(given, { directory, newId: true });
    assert.deepEqual(outcomes.map(({ status, differences }) => [status, differences]), [
      ["restored", []],
      ["restored", []],
    ]);
    const refs = (await refsOf(agent)).filter((ref) => ref.projectPath === directory);
    assert.equal(refs.length, 2);
    const [parent, child] = outcomes.map(({ id }) => refs.find((ref) => ref.id === id)!);
    assert.equal(child.parentId, parent.id);
    for (const [index, ref] of [parent, child].entries()) {
      const copy = await archiveOf(agent, ref);
      assert.equal(copy.summary.messages, given[index].summary.messages);
      assert.equal((await textOf(copy)).includes(given[index].id), false);
    }
  });

  it("never changes a session that is there", async () => {
    const archive = archives.get(sessions.plain)!;
    const before = (await refsOf(agent)).find(({ id }) => id === archive.id)!;
    const [outcome] = await agent.restore!([archive]);
    assert.equal(outcome.status, "existing");
    const now = (await refsOf(agent)).find(({ id }) => id === archive.id)!;
    assert.equal(now.token, before.token);
  });

  it("imports the native JSON of an archive by itself and exports the same", async () => {
    const empty = await startOpenCodeHome();
    try {
      const project = await empty.project("fresh");
      for (const name of ["planned", "aborted"] as const) {
        const archive = archives.get(sessions[name])!;
        const file = join(empty.folder, `${archive.id}.json`);
        await writeFile(file, await textOf(archive));
        await empty.opencode(project, "import", file);
        const exported = await empty.export(archive.id) as Exported;
        assert.deepEqual(
          withoutPlace(exported),
          withoutPlace(JSON.parse(await asExported(archive))),
        );
        assert.equal(exported.info.directory, project);
      }
    } finally {
      await empty.close();
    }
  });

  it("opens the databases that the fixtures make up, and exports what was read", async () => {
    const made = await startOpenCodeHome();
    try {
      const sessions = [{ turns: 2, todos: 2, children: 1 }, { aborted: true }];
      const written = await writeOpenCodeDatabase(made.database, { sessions });
      await addOddity(made.database, written[0].id, "unknown part");
      await addOddity(made.database, written[0].id, "own ids");
      const reader = openCode({ database: made.database });
      for (const ref of await refsOf(reader)) {
        const exported = await made.export(ref.id);
        assert.equal(await asExported(await archiveOf(reader, ref)), JSON.stringify(exported));
      }
    } finally {
      await made.close();
    }
  });

  it("leaves out parts that OpenCode refuses, and says so", async () => {
    const archive = archives.get(sessions.plain)!;
    const strange = '"parts":[{"type":"hologram","id":"prt_zzz"},{"$raw":"e30=","id":"prt_zzzz"},';
    const odd: RestorableArchive = {
      ...archive,
      async *native() {
        for await (const line of archive.native()) yield line.replace('"parts":[', strange);
      },
    };
    const directory = await home.project("odd");
    const [outcome] = await agent.restore!([odd], { directory, newId: true });
    assert.equal(outcome.status, "restored");
    assert.ok(outcome.notes.some((note) => note.includes('2 parts of type "hologram"')));
    assert.ok(
      outcome.notes.some((note) => note.includes("2 parts that were broken")),
      outcome.notes[1],
    );
  });

  it("is not told to have restored what it did not take", async () => {
    const archive = archives.get(sessions.plain)!;
    // A new session id with the old ids of its messages: OpenCode takes none and says it did.
    const id = "ses_0000000000000000000000copy";
    const clash: RestorableArchive = {
      ...archive,
      id,
      async *native() {
        for await (const line of archive.native()) yield line.replaceAll(archive.id, id);
      },
    };
    const [{ status, error }] = await agent.restore!([clash]);
    assert.equal(status, "failed");
    assert.match(error!.message, /took 0 of 2 messages.*--new-id.*removed again/);
    assert.equal((await refsOf(agent)).some((ref) => ref.id === id), false);
  });
});
