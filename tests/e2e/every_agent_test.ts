/**
 * One home, five agents: all of their sessions are archived by one command, told apart, lost, put back
 * byte for byte, and show the same conversation. OpenCode is the real one; the others' files are made up.
 *
 * @module
 */
import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { EntryJson } from "../../adapters/cli/entry_json.ts";
import type { RunJson } from "../../adapters/cli/tally.ts";
import type { TranscriptMessage } from "../../core/transcript.ts";
import { filesIn } from "../agents/contract/in_home.ts";
import { type MadeUpSession, type Said, writeHome } from "../agents/home.ts";
import { type ArchiveCommand, archiveIn } from "./archive_command.ts";
import { type OpenCodeHome, startOpenCodeHome } from "./real_opencode.ts";

const FOLDERS = [".claude", ".codex", ".copilot", ".gemini"];

describe("five agents in one home", () => {
  let home: OpenCodeHome;
  let archive: ArchiveCommand;
  let said: Said;
  let sessions: readonly MadeUpSession[];
  let openCodes: string;

  before(async () => {
    home = await startOpenCodeHome();
    archive = archiveIn(home);
    const project = await home.project("one");
    // OpenCode puts more than a word into quotation marks.
    const prompt = "look";
    said = { project, prompt, output: "a.txt\n", answer: `echo: ${prompt}` };
    sessions = await writeHome(home.folder, said);
    await home.run(project, prompt);
    const { failed } = await archive.json<RunJson>("run");
    assert.equal(failed, 0);
    const [{ id }] = await archive.json<EntryJson[]>("list", "--agent", "opencode");
    openCodes = id;
  });

  after(async () => await home?.close());

  /** The bytes of all files that the four agents have. */
  const files = async () =>
    new Map((await Promise.all(FOLDERS.map((name) => filesIn(join(home.folder, name)))))
      .flatMap((found, n) => [...found].map(([path, bytes]) => [`${FOLDERS[n]}/${path}`, bytes])));

  const conversation = async (id: string) => {
    const messages = await archive.json<TranscriptMessage[]>("show", id);
    return messages.map(({ role, parts }) => [role, parts]);
  };

  it("lists the sessions of each, and the files beside them only when they are asked for", async () => {
    for (const { agent, id } of sessions) {
      const listed = await archive.json<EntryJson[]>("list", "--agent", agent);
      const own = agent === "claude-code" ? [id, `${id}.a1b2c3`] : [id];
      assert.deepEqual(listed.map(({ id }) => id).sort(), own);
      assert.deepEqual(
        new Set(listed.map(({ projectPath }) => projectPath)),
        new Set([said.project]),
      );
    }
    const all = await archive.json<EntryJson[]>("list", "--files", "--limit", "0");
    const beside = all.filter(({ id }) => id.endsWith(".files")).map(({ agent }) => agent);
    assert.deepEqual(beside.sort(), ["claude-code", "copilot"]);
  });

  it("shows one conversation in one shape, whoever had it", async () => {
    const call = {
      ...{ type: "tool", tool: "bash", status: "completed", input: { command: "ls" } },
      output: said.output,
    };
    for (const { agent, id } of sessions) {
      assert.deepEqual(await conversation(id), [
        ["user", [{ type: "text", text: said.prompt }]],
        ["assistant", [call, { type: "text", text: said.answer }]],
      ], agent);
    }
    assert.deepEqual(await conversation(openCodes), [
      ["user", [{ type: "text", text: said.prompt }]],
      ["assistant", [{ type: "text", text: said.answer }]],
    ]);
  });

  it("brings all of them back, byte for byte, and leaves alone what is there", async () => {
    const before = await files();
    for (const folder of sessions.flatMap(({ folders }) => folders)) {
      await rm(join(home.folder, folder), { recursive: true });
    }
    await home.opencode(said.project, "session", "delete", openCodes);
    for (const id of [...sessions.map(({ id }) => id), openCodes]) {
      const { code, stderr } = await archive("restore", id);
      assert.equal(code, 0, stderr);
    }
    assert.deepEqual(await files(), before);
    const { stderr } = await archive("restore", sessions[0].id);
    assert.match(stderr, /left alone/);
    assert.equal((await archive("verify", "--all")).code, 0);
    const { sessions: again } = await archive.json<RunJson>("run");
    // Files have the time of when they were put back, and OpenCode writes its own anew.
    const changed = again.filter(({ agent, id }) => agent !== "opencode" && !id.endsWith(".files"));
    assert.deepEqual(changed, []);
  });

  it("takes nothing of an agent that the configuration switches off", async () => {
    const config = join(home.folder, "without.yaml");
    await writeFile(
      config,
      `backends: {disk: {type: file, path: ${join(home.folder, "other")}}}\n` +
        "agents: {claude-code: false, copilot: false, opencode: false}\n",
    );
    const { sessions } = await archive.json<RunJson>("run", "--config", config);
    assert.deepEqual(sessions.map(({ agent }) => agent).sort(), ["codex", "gemini"]);
  });
});
