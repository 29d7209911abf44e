/**
 * When Gemini CLI deletes sessions by itself.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { gemini } from "../../../../adapters/agents/gemini/mod.ts";
import { inHome } from "../../../agents/contract/in_home.ts";

const OWN = "5d1e7f00-0000-4000-8000-000000000001";
const FILES = [
  "tmp/project/chats/session-2026-01-01T00-00-5d1e7f00.jsonl",
  `tmp/project/chats/${OWN}/helper.jsonl`,
];

/** Writes a session and its sub-agent, a day later, and tells of their ends. */
async function deadlinesIn(home: string, retention?: object): Promise<(string | undefined)[]> {
  const settings = JSON.stringify({ general: { sessionRetention: retention } });
  await writeFile(join(home, "settings.json"), settings);
  for (const [day, path] of FILES.entries()) {
    const file = join(home, ...path.split("/"));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `{"sessionId":"${OWN}","directories":["/home/me/project"]}\n`);
    const at = new Date(Date.UTC(2026, 0, 1 + day));
    await utimes(file, at, at);
  }
  await writeFile(join(home, "tmp", "project", ".project_root"), "/home/me/project");
  const deadlines: (string | undefined)[] = [];
  for await (const { deletedAt } of gemini({ store: home }).sessions()) deadlines.push(deletedAt);
  return deadlines;
}

describe("the deadlines of Gemini CLI", () => {
  it("are 30 days after a session's last change, for its sub-agents too", () =>
    inHome(async (home) => {
      const deadline = "2026-01-31T00:00:00.000Z";
      assert.deepEqual(await deadlinesIn(home), [deadline, deadline]);
    }));

  it("come after the age that the settings give", () =>
    inHome(async (home) => {
      const ages = { "48h": "03", "2d": "03", "1w": "08" };
      for (const [maxAge, day] of Object.entries(ages)) {
        const deadline = `2026-01-${day}T00:00:00.000Z`;
        assert.deepEqual(await deadlinesIn(home, { maxAge }), [deadline, deadline], maxAge);
      }
    }));

  it("are not there where the settings keep sessions, or give an age that is not taken", () =>
    inHome(async (home) => {
      const kept = [
        { enabled: false },
        { maxAge: "2h" },
        { maxAge: "soon" },
        { maxAge: "2d", minRetention: "1w" },
      ];
      for (const one of kept) {
        assert.deepEqual(await deadlinesIn(home, one), [undefined, undefined]);
      }
    }));
});
