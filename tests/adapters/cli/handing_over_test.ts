import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { describe, it } from "node:test";
import { join } from "node:path";
import process from "node:process";
import type { Lock } from "../../../adapters/state/lock.ts";
import { isAsked } from "../../../adapters/state/handover.ts";
import { configPath, stateFolder } from "../../../adapters/state/location.ts";
import { until } from "../../until.ts";
import { onStage, session, type Stage } from "./stage.ts";
import { acquireLock } from "../state/acquire_lock.ts";

/** Plays while something holds the lock of the stage's state. */
function whileHeld(
  kind: "relay" | "command",
  play: (stage: Stage, lock: Lock, state: string) => Promise<void>,
): Promise<void> {
  return onStage([session("ses_1")], async (stage) => {
    const where = { env: stage.env, platform: "linux" as const };
    const state = await stateFolder({ ...where, configPath: configPath(where) });
    const lock = await acquireLock(join(state, "lock"), { purpose: "archiving", kind });
    try {
      await play(stage, lock, state);
    } finally {
      await lock.release();
    }
  });
}

describe("while a background relay holds the lock", () => {
  for (
    const [how, flags, note] of [
      [
        "says so beside its results",
        [],
        /^note: the background relay \(process (\d+)\) is asked to make way/,
      ],
      [
        "says so in JSON",
        ["--json"],
        /^\{"note":"the background relay \(process (\d+)\) is asked to make way/,
      ],
      ["keeps quiet when told to", ["--quiet"], undefined],
    ] as const
  ) {
    it(`a run asks for it, waits, and ${how}`, () =>
      whileHeld("relay", async ({ archive }, lock, state) => {
        const running = archive(["run", ...flags]);
        await until("the run asks", () => isAsked(state));
        assert.ok(await hasAsked(state));
        await lock.release();
        const { code, stderr } = await running;
        assert.equal(code, 0, stderr);
        if (note === undefined) assert.equal(stderr, "");
        else assert.equal(note.exec(stderr)?.[1], `${process.pid}`, stderr);
        assert.equal(await isAsked(state), false);
      }));
  }

  it("a dry run and list wait for nothing", () =>
    whileHeld("relay", async ({ archive }, _lock, state) => {
      assert.equal((await archive(["--dry-run"])).code, 0);
      assert.equal((await archive(["list"])).code, 0);
      assert.ok(!await hasAsked(state));
    }));
});

describe("while another command holds the lock", () => {
  it("a run fails as ever and asks nobody", () =>
    whileHeld("command", async ({ archive }, _lock, state) => {
      const { code, stderr } = await archive(["run"]);
      assert.equal(code, 1);
      assert.match(stderr, /^error: another run \(pid \d+,/);
      assert.ok(!await hasAsked(state));
    }));
});

/** Whether anybody ever asked for the lock: the folder of requests stays. */
async function hasAsked(state: string): Promise<boolean> {
  return (await readdir(state)).includes("handover");
}
