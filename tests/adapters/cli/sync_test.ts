import assert from "node:assert/strict";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { StopSignal } from "../../../adapters/cli/terminal.ts";
import { onStage, session, type Stage } from "./stage.ts";

const ONE = "home_me_project/2026-01-31/one.json";
const TWO = "home_me_project/2026-01-31/two.json";

/** A stage on which two sessions are archived in the first of two folders. */
function withTwoFolders(
  play: (stage: Stage, path: (backend: string, key: string) => string) => Promise<void>,
): Promise<void> {
  return onStage([session("one"), session("two")], async (stage) => {
    const path = (backend: string, key: string) => join(stage.archives, backend, key);
    await configure(stage, "old");
    const { code, stderr } = await stage.archive([]);
    assert.equal(code, 0, stderr);
    await play(stage, path);
  });
}

function configure(stage: Stage, into: string): Promise<string> {
  const folder = (name: string) => `{ type: file, path: ${join(stage.archives, name)} }`;
  return stage.configure(`backends: { old: ${folder("old")}, new: ${folder("new")} }
default: ${into}
`);
}

describe("archive sync", () => {
  it("says what it would copy, copies it, and finds nothing to do the next time", () =>
    withTwoFolders(async (stage, path) => {
      const dry = await stage.archive(["sync", "old", "new", "--dry-run"]);
      assert.equal(dry.code, 0, dry.stderr);
      assert.match(dry.stdout, /^would be copied: .*one\.json$/m);
      assert.match(dry.stdout, /^old to new: 2 would be copied \(/m);
      await assert.rejects(stat(path("new", ONE)), { code: "ENOENT" });
      const done = await stage.archive(["sync", "old", "new"]);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /^old to new: 2 copied \(/m);
      assert.equal(
        await readFile(path("new", ONE), "utf8"),
        await readFile(path("old", ONE), "utf8"),
      );
      const again = await stage.archive(["sync", "old", "new"]);
      assert.deepEqual([again.code, again.stdout], [0, "old to new: 2 the same\n"]);
    }));

  it("lets a run into the new backend alone find nothing to send", () =>
    withTwoFolders(async (stage) => {
      await stage.archive(["sync", "old", "new"]);
      await configure(stage, "new");
      const { code, json } = await stage.archive(["run", "--json"]);
      assert.equal(code, 0);
      assert.deepEqual([json<{ archived: number }>().archived], [0]);
      assert.equal((await stage.archive(["verify", "--all", "--backend", "new"])).code, 0);
    }));

  it("names what is damaged and is not copied, copies the rest, and exits with 1", () =>
    withTwoFolders(async (stage, path) => {
      const text = await readFile(path("old", ONE), "utf8");
      await writeFile(path("old", ONE), text.slice(0, -9));
      const { code, stderr, json } = await stage.archive(["sync", "old", "new", "--json"]);
      assert.equal(code, 1, stderr);
      const result = json<
        { copied: number; failed: number; archives: { key: string; error?: { message: string } }[] }
      >();
      assert.deepEqual([result.copied, result.failed], [1, 1]);
      const failed = result.archives.find(({ key }) => key === ONE);
      assert.match(failed?.error?.message ?? "", /repair it first/);
      await assert.rejects(stat(path("new", ONE)), { code: "ENOENT" });
      await stat(path("new", TWO));
    }));

  it("says that it was stopped before its end", () =>
    withTwoFolders(async (stage) => {
      for (const argv of [["sync", "old", "new"], ["rebuild-ledger"]]) {
        const onStop = (stop: (signal: StopSignal) => void) => stop("SIGINT");
        const { code, json } = await stage.archive([...argv, "--dry-run", "--json"], { onStop });
        assert.deepEqual([code, json<{ stopped?: true }>().stopped], [1, true], argv[0]);
        const again = await stage.archive([...argv, "--json"]);
        assert.deepEqual([again.code, again.json<{ stopped?: true }>().stopped], [0, undefined]);
      }
    }));

  it("refuses what makes no sense", () =>
    withTwoFolders(async (stage) => {
      for (
        const [args, said] of [
          [["old"], /missing required argument 'to'/],
          [["old", "older"], /TO is "older"; .* has old, new$/m],
          [["old", "old"], /FROM and TO are both old; name two backends/],
          [["old", "new", "--backend", "old"], /leave --backend old out/],
          [["old", "new", "--concurrency", "0"], /--concurrency/],
        ] as const
      ) {
        const { code, stderr } = await stage.archive(["sync", ...args]);
        assert.equal(code, 2, stderr);
        assert.match(stderr, said);
      }
    }));
});

describe("archive rebuild-ledger", () => {
  it("remembers anew what is there, so that what goes missing is missed", () =>
    withTwoFolders(async (stage, path) => {
      const ledger = join(stage.env.XDG_STATE_HOME, "opencode-session-archiver");
      stage.agent.remove("one");
      await rm(ledger, { recursive: true });
      const dry = await stage.archive(["rebuild-ledger", "--dry-run"]);
      assert.deepEqual([dry.code, dry.stdout], [0, "2 found\n"]);
      const done = await stage.archive(["rebuild-ledger", "--verbose"]);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /^found .*one\.json on old$/m);
      await rm(path("old", ONE));
      const missed = await stage.archive(["verify", "--all"]);
      assert.equal(missed.code, 1);
      assert.match(missed.stderr, /no object ".*one\.json" in the backend "old"/);
      assert.equal((await stage.archive(["rebuild-ledger"])).code, 1);
    }));

  it("counts no session twice, whose store is known of one backend only", () =>
    withTwoFolders(async (stage) => {
      await stage.archive(["sync", "old", "new"]);
      await rm(join(stage.env.XDG_STATE_HOME, "opencode-session-archiver"), { recursive: true });
      await stage.archive(["rebuild-ledger"]);
      await stage.archive(["run"]);
      const { json, stderr } = await stage.archive(["status", "--json"]);
      const { archived } = json<{ archived: { sessions: number; copies: number } }>();
      assert.deepEqual([archived.sessions, archived.copies], [2, 4], stderr);
    }));

  it("tells what is no archive, in JSON too, and does not mind it", () =>
    withTwoFolders(async (stage, path) => {
      await writeFile(path("old", ONE.replace("one", "six")), "a letter\n");
      const { code, json, stderr } = await stage.archive(["rebuild-ledger", "--json"]);
      assert.equal(code, 0, stderr);
      const { known, left, archives } = json<
        { known: number; left: number; archives: { status: string; problem: string }[] }
      >();
      assert.deepEqual([known, left], [2, 1]);
      assert.match(archives[0].problem, /six\.json/);
    }));
});
