/**
 * What the terminal tells of sessions that an agent will delete by itself.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { claudeCode } from "../../../adapters/agents/claude_code/mod.ts";
import type { Deadline } from "../../../adapters/cli/status/deadlines.ts";
import { onStage, type Stage } from "./stage.ts";

const DAY = 24 * 60 * 60_000;
const idOf = (number: number) => `88af7215-0447-433b-a90e-88a5ac59001${number}`;

interface Json {
  readonly well: boolean;
  readonly deadlines: readonly Deadline[];
  readonly automatic: { readonly deadlines: readonly Deadline[] };
}

/** Writes sessions of Claude Code that last changed some days ago, each with a sub-agent. */
async function write({ home }: Stage, days: readonly number[], project = "/home/me/project") {
  for (const [number, ago] of days.entries()) {
    const folder = join(home, ".claude", "projects", project.replaceAll("/", "-"));
    for (const path of [`${idOf(number)}.jsonl`, `${idOf(number)}/subagents/agent-a1.jsonl`]) {
      const file = join(folder, ...path.split("/"));
      await mkdir(dirname(file), { recursive: true });
      const message = { role: "user", content: "hello" };
      const timestamp = "2026-01-31T12:00:00.000Z";
      const line = { type: "user", cwd: project, uuid: "u1", timestamp, message };
      await writeFile(file, `${JSON.stringify(line)}\n`);
      const at = new Date(Date.now() - ago * DAY);
      await utimes(file, at, at);
    }
  }
}

function withClaude(play: (run: Stage["archive"], stage: Stage) => Promise<void>): Promise<void> {
  return onStage([], async (stage) => {
    const agents = [claudeCode({ store: join(stage.home, ".claude") })];
    await play((argv) => stage.archive(argv, { agents }), stage);
  });
}

describe("sessions that an agent will soon delete", () => {
  it("are a reason to archive them, and then are none", () =>
    withClaude(async (run, stage) => {
      await write(stage, [40, 29, 20]);
      const before = await run(["status"]);
      assert.equal(before.code, 1);
      assert.match(
        before.stdout,
        /^not well: 2 sessions of Claude Code deleted soon, not archived/,
      );
      assert.match(
        before.stdout,
        /✗ deadlines +2 sessions of Claude Code will be deleted within 2 days, of which 2 are not archived yet\n +→ "archive run" archives them\n/,
      );
      await run(["run", "--session", idOf(0), `${idOf(0)}.a1`]);
      const [{ next: _, ...one }] = (await run(["status", "--json"])).json<Json>().deadlines;
      assert.deepEqual(one, { agent: "claude-code", sessions: 2, notArchived: 1 });
      await run(["run"]);
      const after = await run(["status"]);
      assert.equal(after.code, 0);
      assert.match(
        after.stdout,
        /✓ deadlines +2 sessions of Claude Code will be deleted within 2 days, all archived\n/,
      );
    }));

  it("are told by doctor, too", () =>
    withClaude(async (run, stage) => {
      await write(stage, [29]);
      const { code, stdout } = await run(["doctor"]);
      assert.equal(code, 1);
      assert.match(stdout, /✗ deadlines +1 session of Claude Code .* 1 is not archived yet\n/);
      const [{ next: _, ...one }] =
        (await run(["doctor", "--json"])).json<Json>().automatic.deadlines;
      assert.deepEqual(one, { agent: "claude-code", sessions: 1, notArchived: 1 });
    }));

  it("are none of what a rule leaves alone, nor of what has just changed", () =>
    withClaude(async (run, stage) => {
      await stage.configure(
        "backends:\n  near: {type: file, path: ~/near}\n" +
          "rules:\n  - match: /home/me/secret\n    archive: false\n",
      );
      await write(stage, [29], "/home/me/secret");
      const { code, stdout } = await run(["status"]);
      assert.equal(code, 0);
      assert.doesNotMatch(stdout, /deadlines/);
      await writeFile(join(stage.home, ".claude", "settings.json"), '{"cleanupPeriodDays":1}');
      await write(stage, [0.5]);
      assert.deepEqual((await run(["status", "--json"])).json<Json>().deadlines, []);
    }));
});
