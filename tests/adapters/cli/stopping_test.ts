import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { RunJson } from "../../../adapters/cli/tally.ts";
import { LANE_FLAGS } from "../../lane_config.ts";
import { onStage, session, type Stage } from "./stage.ts";

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run in a process of its own that never gets on. */
class SlowRun {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #stdout = "";
  #stderr = "";

  constructor(
    { env }: Stage,
    argv: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ) {
    const script = fileURLToPath(new URL("./slow_archive.ts", import.meta.url));
    const flags = ["run", "-qA", "--no-lock", ...LANE_FLAGS];
    const child = spawn(process.execPath, [...flags, script, ...argv], {
      env: { ...process.env, NO_COLOR: "1", ...env, ...more },
    });
    this.child = child;
    child.stdout.on("data", (chunk) => this.#stdout += chunk);
    child.stderr.on("data", (chunk) => this.#stderr += chunk);
    this.ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on(
        "close",
        (code, signal) => resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr }),
      );
    });
  }

  /** Sends a signal. `child.kill` is for one only, and then reports that one as the end. */
  send(signal: NodeJS.Signals): void {
    try {
      process.kill(this.child.pid ?? NaN, signal);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  }

  /** Waits for a word on standard error; fails when the process ends without it. */
  async says(word: string): Promise<void> {
    const said = new Promise<void>((resolve) => {
      const look = () => this.#stderr.includes(word) && resolve();
      this.child.stderr?.on("data", look);
      look();
    });
    const early = this.ended.then((ended) => {
      if (!ended.stderr.includes(word)) throw new Error(`ended early: ${JSON.stringify(ended)}`);
    });
    await Promise.race([said, early]);
  }
}

/** Plays with a slow run that is loading its second session. */
function whileRunning(
  argv: readonly string[],
  play: (run: SlowRun, stage: Stage) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  return onStage([session("quick")], async (stage) => {
    const run = new SlowRun(stage, ["--concurrency", "1", ...argv], env);
    try {
      await run.says("loading");
      await play(run, stage);
    } finally {
      if (run.child.exitCode === null) run.send("SIGKILL");
      await run.ended;
    }
  });
}

const WINDOWS = process.platform === "win32";

describe("a run that is stopped", { skip: WINDOWS }, () => {
  for (const [signal, name] of [["SIGINT", "Ctrl-C"], ["SIGTERM", "SIGTERM"]] as const) {
    it(`by ${signal} says what was done, exits with 1, and leaves no lock`, () =>
      whileRunning([], async (run, { archive }) => {
        run.send(signal);
        const { code, stdout } = await run.ended;
        assert.equal(code, 1);
        assert.match(stdout, new RegExp(`^stopped by ${name}: archived 1 session .*1 cut short\n`));
        assert.match(stdout, /the next run goes on where this one stopped\n$/);
        assert.match((await archive([])).stdout, /^nothing to do: 1 session archived before/);
      }));
  }

  it("says so in JSON", () =>
    whileRunning(["--json"], async (run) => {
      run.send("SIGINT");
      const { code, stdout } = await run.ended;
      const { archived, failed, stopped, sessions } = JSON.parse(stdout) as RunJson;
      assert.deepEqual([code, archived, failed, stopped], [1, 1, 0, true]);
      const slow = sessions.find(({ id }) => id === "slow");
      assert.deepEqual([slow?.status, slow?.error], ["stopped", undefined]);
    }));

  it("by a second Ctrl-C ends at once, and its lock keeps nobody out", () =>
    whileRunning([], async (run, { archive }) => {
      run.send("SIGINT");
      await run.says("heard");
      // A task runner hands on what the process heard by itself: that is no second press.
      run.send("SIGINT");
      await new Promise((resolve) => setTimeout(resolve, 600));
      assert.equal(run.child.exitCode, null);
      run.send("SIGINT");
      assert.equal((await run.ended).code, 130);
      assert.equal((await archive([])).code, 0);
    }, { STUBBORN: "1" }));
});

describe("while a run holds the lock", () => {
  it("a second one exits with 1 and names its process", () =>
    whileRunning([], async (run, { archive }) => {
      const { code, stdout, stderr } = await archive([]);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(
        stderr,
        new RegExp(`^error: another run \\(pid ${run.child.pid},.*is archiving`),
      );
    }));

  it("a dry run, list and get go on", () =>
    whileRunning([], async (_run, { archive }) => {
      assert.equal((await archive(["--dry-run"])).code, 0);
      assert.match((await archive(["list"])).stdout, /^quick /m);
      assert.equal((await archive(["get", "quick"])).code, 0);
    }));

  it("verify verifies, and says of what it finds lost that it cannot remember it", () =>
    whileRunning([], async (_run, { archive, archives }) => {
      const good = await archive(["verify", "--all"]);
      assert.deepEqual([good.code, good.stderr], [0, ""]);
      assert.match(good.stdout, /: 1 good\n$/);
      await rm(archives, { recursive: true });
      const { code, stdout, stderr } = await archive(["verify", "--all"]);
      assert.equal(code, 1);
      assert.match(stdout, /: 0 good, 1 missing\n$/);
      assert.match(stderr, /^warning: what is found lost is not remembered .*another run/);
      assert.doesNotMatch(stderr, /the next run uploads/);
    }));

  it("delete deletes nothing and names the process", () =>
    whileRunning([], async (_run, { archive }) => {
      const { code, stderr } = await archive(["delete", "quick", "--yes"]);
      assert.equal(code, 1);
      assert.match(stderr, /another run .*is archiving/);
      assert.equal((await archive(["get", "quick"])).code, 0);
    }));
});
