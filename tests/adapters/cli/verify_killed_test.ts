import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { basename } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { testedProgram } from "../plugin/own_program_for_tests.ts";
import type { VerifyJson } from "../../../adapters/cli/verify/findings.ts";
import { s3Backend } from "../../e2e/s3_yaml.ts";
import { startFakeS3 } from "../../s3/fake.ts";
import { until } from "../../until.ts";
import { onStage, session, type Stage } from "./stage.ts";

/** So slow that a place is noted long before the end: one after the other, and the note every 5 s. */
const MANY = Array.from({ length: 60 }, (_, index) => session(`s${index}`));
const ANSWER_MS = 200;

async function hasMark({ env }: Stage): Promise<boolean> {
  const names = await readdir(env.XDG_STATE_HOME, { recursive: true });
  return names.some((name) => basename(name) === "verification.json");
}

describe("archive verify --all whose process is killed", () => {
  it("goes on from the place that was noted last, and tells of all", async () => {
    const s3 = await startFakeS3({ buckets: ["archives"] });
    try {
      await onStage(MANY, async (stage) => {
        await stage.configure(`backends:\n${s3Backend("default", s3, { bucket: "archives" })}\n`);
        assert.equal((await stage.archive([])).code, 0);
        s3.fault({ on: "GetObject", do: { delayMs: ANSWER_MS } });
        const { command, args, cwd, env } = testedProgram(process.env);
        const child = spawn(command, [...args, "verify", "--all", "--concurrency", "1"], {
          cwd,
          env: { ...process.env, ...env, ...stage.env },
          stdio: "ignore",
        });
        const ended = new Promise((resolve) => child.on("close", resolve));
        try {
          await until("a place is noted", () => hasMark(stage), 30_000);
        } finally {
          child.kill("SIGKILL");
          await ended;
        }
        s3.recover();
        const { code, stderr, json } = await stage.archive([
          "verify",
          "--all",
          "--resume",
          "--json",
        ]);
        assert.equal(code, 0, stderr);
        const { ok, resumedAfter } = json<VerifyJson>();
        assert.equal(ok, MANY.length);
        assert.match(resumedAfter ?? "", /\.json$/);
        assert.equal(await hasMark(stage), false);
      });
    } finally {
      await s3.stop();
    }
  });
});
