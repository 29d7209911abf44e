/**
 * The agent OpenCode, as the suite has it that holds for all agents. A stand-in plays the part of its
 * program; with the real one it is tested in `tests/e2e/opencode_test.ts`.
 *
 * @module
 */
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { openCode } from "../../../../adapters/agents/opencode/mod.ts";
import { type MadeUp, testAgent } from "../../../agents/contract.ts";
import { put } from "../../../agents/contract/in_home.ts";
import { FIXTURE_START, writeOpenCodeDatabase } from "../../../fixtures/opencode_database.ts";
import {
  addMessage,
  addPart,
  appendMessage,
  deleteSession,
  editDatabase,
} from "../../../fixtures/opencode_edits.ts";
import { LANE_FLAGS } from "../../../lane_config.ts";
import { environmentIn } from "../../../throwaway_home.ts";

const STAND_IN = fileURLToPath(new URL("../../../fixtures/opencode_import.ts", import.meta.url));
const [PROMPT, ANSWER] = ["msg_000000000001Prompt00000000", "msg_000000000002Answer00000000"];

const databaseIn = (home: string) => join(home, "data", "opencode", "opencode.db");
const programIn = (home: string) => join(home, "bin", "opencode");

/** What a home's `opencode` is: the stand-in, for the home's database. */
async function writeProgram(home: string): Promise<void> {
  const options = "Deno" in globalThis ? ["run", "-A", "-q", "--no-lock", ...LANE_FLAGS] : [];
  const command = [process.execPath, ...options, STAND_IN].map((word) => `"${word}"`).join(" ");
  const script = `#!/bin/sh\nOPENCODE_DB="${databaseIn(home)}" exec ${command} "$@"\n`;
  await put(programIn(home), script);
  await chmod(programIn(home), 0o755);
}

/** One turn, as OpenCode keeps it. */
async function writeTurn(home: string, session: string, said: MadeUp): Promise<void> {
  const { input, output } = said.tokens;
  const tokens = { input, output, reasoning: 0, cache: { read: 0, write: 0 } };
  const model = { providerID: "fake", modelID: said.model };
  const state = { status: "completed", input: said.input, output: said.output };
  const parts = [
    { type: "reasoning", text: said.thought },
    { type: "tool", tool: said.tool, callID: "call_1", state },
    { type: "text", text: said.answer },
  ];
  await editDatabase(databaseIn(home), (database) => {
    const add = (id: string, second: number, info: object, parts: readonly object[]) => {
      const created = FIXTURE_START + second * 1_000;
      addMessage(database, session, id, created, { ...info, time: { created } });
      for (const [at, part] of parts.entries()) {
        addPart(database, session, id, `${id.replace("msg", "prt")}${at}`, part);
      }
    };
    add(PROMPT, 0, { role: "user", model }, [{ type: "text", text: said.prompt }]);
    add(ANSWER, 1, { role: "assistant", ...model, tokens }, parts);
  });
}

testAgent({
  name: "opencode",
  open(home) {
    const env = { ...environmentIn(home), OPENCODE_DB: "" };
    return openCode({ env, command: programIn(home) });
  },
  async write(home, said) {
    const sessions = [{ turns: 0, projects: [said.projectPath], title: said.prompt }];
    const [{ id }] = await writeOpenCodeDatabase(databaseIn(home), { sessions });
    await writeTurn(home, id, said);
    await writeProgram(home);
    return { id };
  },
  async addUnknown(home, { id }, text) {
    const message = await appendMessage(databaseIn(home), id, "more");
    await editDatabase(databaseIn(home), (database) => {
      const part = `${message.replace("msg", "prt")}Odd`;
      addPart(database, id, message, part, { type: "to-come", [text]: 1 });
    });
  },
  remove: (home, { id }) => deleteSession(databaseIn(home), id),
});
