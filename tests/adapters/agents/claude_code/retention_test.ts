/**
 * When Claude Code deletes sessions by itself.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { claudeCode } from "../../../../adapters/agents/claude_code/mod.ts";
import { inHome } from "../../../agents/contract/in_home.ts";

const ID = "88af7215-0447-433b-a90e-88a5ac59001a";
const FOLDER = "projects/-home-me-project";
const FILES = [
  `${FOLDER}/${ID}.jsonl`,
  `${FOLDER}/${ID}/subagents/agent-a1.jsonl`,
  `${FOLDER}/${ID}/tool-results/b1.txt`,
];

/** Writes a session, a sub-agent and a result, each a day after the other, and tells of their ends. */
async function deadlinesIn(home: string, settings?: string): Promise<(string | undefined)[]> {
  if (settings !== undefined) await writeFile(join(home, "settings.json"), settings);
  for (const [day, path] of FILES.entries()) {
    const file = join(home, ...path.split("/"));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, '{"type":"user","cwd":"/home/me/project"}\n');
    const at = new Date(Date.UTC(2026, 0, 1 + day));
    await utimes(file, at, at);
  }
  const deadlines: (string | undefined)[] = [];
  const sessions = claudeCode({ store: home }).sessions();
  for await (const { deletedAt } of sessions) deadlines.push(deletedAt);
  return deadlines;
}

const thrice = (deadline: string | undefined) => [deadline, deadline, deadline];

describe("the deadlines of Claude Code", () => {
  it("are 30 days after a session's last change, for all that goes with it", () =>
    inHome(async (home) => {
      assert.deepEqual(await deadlinesIn(home), thrice("2026-01-31T00:00:00.000Z"));
    }));

  it("are as many days later as the settings say, which may have comments", () =>
    inHome(async (home) => {
      const settings = '{\n  // long\n  "cleanupPeriodDays": 365,\n}\n';
      assert.deepEqual(await deadlinesIn(home, settings), thrice("2027-01-01T00:00:00.000Z"));
    }));

  it("are the usual ones where the settings cannot be read", () =>
    inHome(async (home) => {
      assert.deepEqual(await deadlinesIn(home, "{oops"), thrice("2026-01-31T00:00:00.000Z"));
    }));

  it("are not there where the settings have no number of days, or too many", () =>
    inHome(async (home) => {
      for (const days of ["0", "-1", '"30"', "1.5", "1e300"]) {
        const settings = `{"cleanupPeriodDays":${days}}`;
        assert.deepEqual(await deadlinesIn(home, settings), thrice(undefined), days);
      }
    }));
});
