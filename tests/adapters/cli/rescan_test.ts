/**
 * `archive run --rescan`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { codex } from "../../../adapters/agents/codex/mod.ts";
import { onStage } from "./stage.ts";

const ID = "0199a213-81c0-7800-8aa1-bbab2a035a53";

function text(answer: string): string {
  const timestamp = "2026-01-31T12:00:00.000Z";
  const payload = { id: ID, timestamp, cwd: "/home/me/project" };
  const message = { type: "message", role: "assistant", content: [{ text: answer }] };
  return [{ timestamp, type: "session_meta", payload }, {
    timestamp,
    type: "response_item",
    payload: message,
  }].map((record) => `${JSON.stringify(record)}\n`).join("");
}

describe("archive run --rescan", () => {
  it("finds what changed in a file that has its old size and time", () =>
    onStage([], async ({ home, archive }) => {
      const store = join(home, ".codex");
      const file = join(store, `sessions/2026/01/31/rollout-2026-01-31T12-00-00-${ID}.jsonl`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text("hello"));
      const time = new Date("2026-01-31T12:00:00.000Z");
      await utimes(file, time, time);
      const agents = [codex({ store })];
      assert.match((await archive(["run"], { agents })).stdout, /^archived 1 session/);
      await writeFile(file, text("HELLO"));
      await utimes(file, time, time);
      assert.match((await archive(["run"], { agents })).stdout, /none changed/);
      const dry = await archive(["run", "--rescan", "--dry-run"], { agents });
      assert.match(dry.stdout, /would archive 1 session/);
      assert.match((await archive(["run", "--rescan"], { agents })).stdout, /^archived 1 session/);
      assert.match((await archive(["show", ID], { agents })).stdout, /HELLO/);
      assert.match((await archive(["run", "--rescan"], { agents })).stdout, /none changed/);
    }));
});
