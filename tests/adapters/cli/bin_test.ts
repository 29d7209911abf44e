import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { VERSION } from "../../../adapters/cli/version.ts";
import { testedProgram } from "../plugin/own_program_for_tests.ts";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function bin(...argv: string[]): Promise<Ended> {
  const { command, args, cwd, env } = testedProgram(process.env);
  const settings = { cwd, env: { ...process.env, ...env } };
  return await new Promise((resolve) =>
    execFile(
      command,
      [...args, ...argv],
      settings,
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  );
}

describe("the npm package's program", () => {
  it("is the terminal's, with its output and its exit codes", async () => {
    assert.deepEqual(await bin("--version"), { code: 0, stdout: `${VERSION}\n`, stderr: "" });
    const wrong = await bin("show", "--json", "a/b");
    assert.equal(wrong.code, 2);
    assert.equal(JSON.parse(wrong.stderr).error.code, "Usage");
  });
});
