/**
 * What the README promises, with a real OpenCode: everything it has is archived from the terminal,
 * found equal to its own export, proven, and put back.
 */
import assert from "node:assert/strict";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { RunJson } from "../../adapters/cli/tally.ts";
import { type ArchiveCommand, archiveIn } from "./archive_command.ts";
import { type Exported, withoutPlace } from "./exported_session.ts";
import type { Reply } from "./fake_model.ts";
import { echo, type OpenCodeHome, startOpenCodeHome } from "./real_opencode.ts";

function scripted(prompt: string): Reply {
  if (prompt.includes("HANG")) return "hang";
  if (prompt.includes("ASK A CHILD")) {
    const input = { description: "Look", prompt: "Say hello", subagent_type: "general" };
    return { tool: "task", input };
  }
  return echo(prompt);
}

describe("the terminal, with a real OpenCode", () => {
  let home: OpenCodeHome;
  let archive: ArchiveCommand;
  let first: RunJson;
  let parent: string;
  let reverted: string;

  before(async () => {
    home = await startOpenCodeHome(scripted);
    archive = archiveIn(home);
    const [one, two] = [await home.project("one"), await home.project("zwei – 二")];
    await home.run(one, "Hello — ünïcödé 日本語 🦊");
    const server = await home.serve(one);
    try {
      parent = await server.create(two);
      await server.prompt(two, parent, "ASK A CHILD");
      const aborted = await server.create(one);
      await server.promptAndAbort(one, aborted, "HANG on");
      reverted = await server.create(one);
      for (const text of ["first", "second"]) await server.prompt(one, reverted, text);
      first = await archive.json<RunJson>("run");
      const { messages } = await home.export(reverted) as Exported;
      await server.request(
        "POST",
        `/session/${reverted}/revert?directory=${encodeURIComponent(one)}`,
        {
          messageID: messages[2].info.id,
        },
      );
      await server.prompt(one, reverted, "instead");
    } finally {
      await server.close();
    }
  });

  after(async () => await home?.close());

  it("archives all sessions while OpenCode serves", () => {
    const { archived, unchanged, failed, skipped } = first;
    assert.deepEqual({ archived, unchanged, failed, skipped }, {
      archived: 5,
      unchanged: 0,
      failed: 0,
      skipped: 0,
    });
  });

  it("keeps what a revert followed by a prompt took away, as a version", async () => {
    const { archived, sessions } = await archive.json<RunJson>("run");
    assert.equal(archived, 1);
    assert.equal(sessions[0].id, reverted);
    const rows = await archive.json<{ key: string; id: string; version?: string }[]>(
      "list",
      "--versions",
    );
    const version = rows.find((row) => row.version)!;
    assert.equal(version.id, reverted);
    assert.match((await archive("show", version.key)).stdout, /second/);
    assert.doesNotMatch((await archive("show", reverted)).stdout, /second/);
  });

  it("gives back of each session exactly what OpenCode exports, byte for byte from the file", async () => {
    for (const { id, key } of first.sessions) {
      const { stdout } = await archive("get", id);
      const file = join(home.env.XDG_DATA_HOME, "opencode-session-archiver/archives", key!);
      assert.equal(stdout, await readFile(file, "utf8"));
      const { messages, todos: _, ...rest } = JSON.parse(stdout).native;
      assert.equal(
        JSON.stringify({ ...rest, messages }),
        JSON.stringify(await home.export(id)),
        id,
      );
    }
  });

  it("does nothing the second time", async () => {
    const times = async () => {
      const folder = join(home.env.XDG_DATA_HOME, "opencode-session-archiver/archives");
      const names = (await readdir(folder, { recursive: true })).sort();
      return await Promise.all(names.map(async (name) => [
        name,
        (await stat(join(folder, name))).mtimeMs,
      ]));
    };
    const before = await times();
    const { archived, unchanged } = await archive.json<RunJson>("run");
    assert.deepEqual([archived, unchanged], [0, 5]);
    assert.deepEqual(await times(), before);
  });

  it("verifies everything", async () => {
    const { ok, missing, damaged } = await archive.json<Record<string, number>>("verify", "--all");
    assert.deepEqual([ok, missing, damaged], [6, 0, 0]);
  });

  it("puts a session and its child under new ids into another project, with all messages", async () => {
    const directory = await home.project("other");
    const outcomes = await archive.json<{ archivedId: string; id: string; status: string }[]>(
      ...["restore", parent, "--new-id", "--into", directory],
    );
    assert.deepEqual(outcomes.map(({ status }) => status), ["restored", "restored"]);
    for (const { archivedId, id } of outcomes) {
      const copy = await home.export(id) as Exported;
      const original = await home.export(archivedId) as Exported;
      assert.equal(copy.messages.length, original.messages.length);
      assert.equal(copy.info.directory, directory);
      assert.notEqual(id, archivedId);
    }
    const listed = await home.opencode(directory, "session", "list", "--format", "json");
    assert.ok(listed.includes(outcomes[0].id));
  });

  it("reports a session that exists as existing, and exits with 1", async () => {
    const { code, stderr } = await archive("restore", parent, "--no-children");
    assert.equal(code, 1);
    assert.match(stderr, /has a session ses_\w+ already/);
  });

  it("needs no archiver to come back: an empty OpenCode imports the native part", async () => {
    const other = await startOpenCodeHome(echo);
    try {
      const project = await other.project("empty");
      const [{ id }] = first.sessions;
      const file = join(other.folder, "native.json");
      await writeFile(file, JSON.stringify(JSON.parse((await archive("get", id)).stdout).native));
      await other.opencode(project, "import", file);
      assert.deepEqual(
        withoutPlace(await other.export(id) as Exported),
        withoutPlace(await home.export(id) as Exported),
      );
    } finally {
      await other.close();
    }
  });

  it("deletes one, and the next run leaves it alone", async () => {
    const [{ id, key }] = first.sessions;
    assert.equal((await archive("delete", id, "--yes")).code, 0);
    assert.equal((await archive.json<RunJson>("run")).skipped, 1);
    const rows = await archive.json<{ key: string }[]>("list", "--limit", "0");
    assert.equal(rows.some((row) => row.key === key), false);
  });
});
