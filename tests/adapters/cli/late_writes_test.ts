/**
 * What a run does about writes of an earlier one whose end is not known.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { FileLedger } from "../../../adapters/state/ledger.ts";
import { LATE_WRITE_MS } from "../../../core/archiving/late_writes.ts";
import { onStage, session, type Stage } from "./stage.ts";

/** Leaves a write open that was sent so long ago, as a run does that was killed; gives its file. */
async function leaveOpen({ home, archives }: Stage, ageMs: number): Promise<string> {
  const versions = join(home, "state", "opencode-session-archiver", "v1");
  const [folder = ""] = await readdir(versions);
  const path = join(versions, folder, "ledger.jsonl");
  const ledger = await FileLedger.open(path, {
    now: () => ({ date: Date.now() - ageMs }),
  });
  const [{ backend, key }] = ledger.entries();
  await ledger.sending({ backend, key, sha256: "0".repeat(64) });
  await ledger.close();
  return join(archives, key);
}

describe("archive run and a write whose end is not known", () => {
  it("mends what it did when it arrived late, and says so once", () =>
    onStage([session("one")], async (stage) => {
      await stage.archive(["run"]);
      const file = await leaveOpen(stage, 2 * LATE_WRITE_MS);
      const whole = await readFile(file, "utf8");
      await writeFile(file, whole.replace("Hello from one", "Hello"));
      assert.doesNotMatch((await stage.archive(["run", "--dry-run"])).stderr, /arrived late/);
      const { code, stdout, stderr } = await stage.archive(["run"]);
      assert.equal(code, 0);
      assert.match(
        stderr,
        /one\.json on default is not what was archived last, since a write arri/,
      );
      assert.match(stdout, /^archived 1 session/);
      assert.equal(await readFile(file, "utf8"), whole);
      const again = await stage.archive(["run"]);
      assert.deepEqual([again.code, again.stderr], [0, ""]);
    }));

  it("says nothing where it did no harm, nor while it may still arrive", () =>
    onStage([session("one")], async (stage) => {
      await stage.archive(["run"]);
      for (const ageMs of [2 * LATE_WRITE_MS, 0]) {
        const file = await leaveOpen(stage, ageMs);
        if (ageMs === 0) await writeFile(file, "something else");
        const { code, stderr } = await stage.archive(["run"]);
        assert.deepEqual([code, stderr], [0, ""]);
      }
    }));
});
