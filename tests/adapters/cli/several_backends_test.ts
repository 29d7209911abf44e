import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ExitCode } from "../../../adapters/cli/exit.ts";
import type { RunJson } from "../../../adapters/cli/tally.ts";
import { ArchiveError } from "../../../core/errors.ts";
import type { MemorySession } from "../../../core/memory_agent.ts";
import { broken, onStage, session, type Stage } from "./stage.ts";

const CONFIG = `
backends:
  disk: {type: file, path: ~/disk}
  mirror: {type: file, path: ~/mirror}
rules:
  - match: /work/secret/**
    archive: false
  - match: ["/work/**", "/srv/**"]
    backend: [disk, mirror]
default: disk
`;

const SECRET = session("secret", { projectPath: "/work/secret/.plans" });
const BOTH = session("both", { projectPath: "/work/app" });
const DISK = session("disk", { projectPath: "/home/me/notes" });
const KEY = "work_app/2026-01-31/both.json";

/** Plays with two folders and rules. */
function withTwo(
  play: (stage: Stage) => Promise<void>,
  sessions: readonly MemorySession[] = [SECRET, BOTH, DISK],
): Promise<void> {
  return onStage(sessions, async (stage) => {
    await stage.configure(CONFIG);
    await play(stage);
  });
}

/** Makes a backend of no use: a file stands in place of its folder. */
async function kill({ home }: Stage, backend: string): Promise<void> {
  await rm(join(home, backend), { recursive: true, force: true });
  await writeFile(join(home, backend), "not a folder");
}

async function damage({ home }: Stage, backend: string): Promise<void> {
  const file = join(home, backend, KEY);
  await writeFile(file, (await readFile(file, "utf8")).replace("Hello", "Jello"));
}

async function files(stage: Stage, backend: string): Promise<string[]> {
  const found = await readdir(join(stage.home, backend), { recursive: true });
  return found.filter((name) => name.endsWith(".json")).sort();
}

describe("run with several backends", () => {
  it("brings each session where the rules say, and counts sessions and copies", () =>
    withTwo(async (stage) => {
      const { code, stdout, stderr } = await stage.archive([]);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(
        stdout,
        /^archived 2 sessions \(3 copies, [\d.]+ K?B\), 1 left alone by the rules\n$/,
      );
      assert.deepEqual(await files(stage, "disk"), ["home_me_notes/2026-01-31/disk.json", KEY]);
      assert.deepEqual(await files(stage, "mirror"), [KEY]);
      assert.equal(
        (await stage.archive([])).stdout,
        "nothing to do: 2 sessions archived before, none changed, 1 left alone by the rules\n",
      );
    }));

  it("loads nothing of what shall not be archived, and says with --verbose why", () =>
    withTwo(async ({ archive, agent }) => {
      const watched = broken(agent, ["secret"], () => new Error("it was read"));
      const { code, stdout, stderr } = await archive(["--verbose"], { agents: [watched] });
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(
        stdout,
        /^left alone secret of \/work\/secret\/\.plans: rule 1 \(match: \/work\/secret\/\*\*\) says archive: false$/m,
      );
      assert.match(stdout, /^archived work_app\/2026-01-31\/both\.json on mirror \(\d+ B\)$/m);
    }));

  it("tells whoever names a session that the rules leave alone, and that is no failure", () =>
    withTwo(async ({ archive }) => {
      const { code, stdout, stderr } = await archive(["--session", "secret"]);
      assert.equal(code, 0);
      assert.equal(stdout, "nothing to do, 1 left alone by the rules\n");
      assert.match(stderr, /^note: secret of \/work\/secret\/\.plans is left alone: rule 1 .*\n$/);
      const shown = await archive(["--session", "secret", "--json"]);
      const { leftAlone, sessions } = shown.json<RunJson>();
      assert.deepEqual([leftAlone, sessions], [1, []]);
      assert.match(JSON.parse(shown.stderr).note, /says archive: false$/);
    }));

  it("copies with --backend to that one alone, and leaves alone what does not go there", () =>
    withTwo(async (stage) => {
      const { code, stdout } = await stage.archive(["--backend", "mirror", "--verbose"]);
      assert.equal(code, 0);
      assert.match(
        stdout,
        /^left alone disk of .*: no rule matches, and the default is disk, not mirror$/m,
      );
      assert.match(stdout, /^archived 1 session \(\d+ B\), 2 left alone by the rules$/m);
      assert.deepEqual(await files(stage, "mirror"), [KEY]);
      await assert.rejects(stat(join(stage.home, "disk")), /ENOENT/);
      assert.match((await stage.archive([])).stdout, /^archived 2 sessions .*, 1 copy unchanged/);
    }));

  it("keeps on with one backend when another is dead, which it soon gives up", () => {
    const many = Array.from({ length: 12 }, (_, n) => session(`s${n}`, { projectPath: "/work/x" }));
    return withTwo(async (stage) => {
      await kill(stage, "mirror");
      const { code, stdout, stderr } = await stage.archive(["--concurrency", "1"]);
      assert.equal(code, 1);
      assert.match(stdout, /^archived 12 sessions \([\d.]+ KB\), 12 copies failed\n$/);
      const errors = stderr.trimEnd().split("\n");
      // What is wrong with its folder might be wrong with the session, so that it is asked at once.
      assert.equal(errors.length, 2, stderr);
      assert.match(errors[0] ?? "", /^error: storing "work_x\/2026-01-31\/s0\.json" in .*"mirror"/);
      assert.match(
        errors[1] ?? "",
        /^error: mirror: 11 more sessions were not tried after several failures in a row: listing/,
      );
      assert.equal((await files(stage, "disk")).length, 12);
      const { failed, unchanged, sessions } =
        (await stage.archive(["--json", "--concurrency", "1"]))
          .json<RunJson>();
      assert.deepEqual([failed, unchanged], [12, 12]);
      const gaveUp = sessions.filter((copy) => copy.gaveUp);
      assert.equal(gaveUp.length, 11);
      assert.match(gaveUp[0]?.error?.message ?? "", /^listing in the backend "mirror"/);
    }, many);
  });

  it("fails when a backend is dead that had everything, and says so once", () =>
    withTwo(async (stage) => {
      await stage.archive([]);
      await kill(stage, "mirror");
      const { code, stdout, stderr } = await stage.archive([]);
      assert.equal(code, 1);
      assert.match(stdout, /^nothing to do: 2 sessions archived before/);
      assert.match(stderr, /^error: listing in the backend "mirror" failed[^\n]*\n$/);
    }));
});

describe("the same failure of many sessions", () => {
  const ids = Array.from({ length: 10 }, (_, n) => `s${n}`);

  it("is told for the first three and then counted, whatever is different beside the session", () =>
    onStage(ids.map((id) => session(id)), async ({ archive, agent }) => {
      let count = 0;
      const failing = broken(agent, ids, () => {
        const id = ids[count++];
        return new ArchiveError("Transient", `the disk is full at ${id}.json`, { session: id });
      });
      const argv = ["--concurrency", "1"];
      const { code, stdout, stderr } = await archive(argv, { agents: [failing] });
      assert.deepEqual([code, stdout], [1, "10 failed\n"]);
      const errors = stderr.trimEnd().split("\n");
      assert.equal(errors.length, 4, stderr);
      assert.equal(
        errors[3],
        "error: 7 more sessions failed in the same way as s2; --json names all",
      );
      count = 0;
      const shown = await archive(["--json", ...argv], { agents: [failing] });
      assert.equal(shown.json<RunJson>().sessions.length, 10);
      assert.equal(shown.stderr, "");
    }));

  it("is told once a session, however many copies it would have had", () =>
    withTwo(async ({ archive, agent }) => {
      const failing = broken(
        agent,
        ["both"],
        () => new ArchiveError("Corrupt", "row 7 is no JSON"),
      );
      const { stdout, stderr } = await archive([], { agents: [failing] });
      assert.equal(stderr, "error: session both: row 7 is no JSON\n");
      assert.match(stdout, /^archived 1 session .*, 2 copies failed, 1 left alone/);
    }));
});

describe("list with several backends", () => {
  it("shows each archive once, with all its holders", () =>
    withTwo(async ({ archive }) => {
      await archive([]);
      const { stdout } = await archive(["list"]);
      assert.match(stdout, /^SESSION .* SIZE +BACKENDS +PROJECT/);
      assert.match(stdout, /^both .* disk, mirror +\/work\/app/m);
      assert.match(stdout, /^disk .* B +disk +\/home\/me\/notes/m);
      const rows = (await archive(["list", "--json"])).json<{ id: string; backends: string[] }[]>();
      assert.deepEqual(
        new Map(rows.map(({ id, backends }) => [id, backends])),
        new Map([["both", ["disk", "mirror"]], ["disk", ["disk"]]]),
      );
    }));

  it("shows with --backend only what is there, without a column", () =>
    withTwo(async ({ archive }) => {
      await archive([]);
      const { stdout } = await archive(["list", "--backend", "mirror"]);
      assert.deepEqual(stdout.split("\n").length, 3);
      assert.doesNotMatch(stdout, /BACKENDS/);
      assert.match(stdout, /^both /m);
    }));

  it("shows what one backend has before it fails with another", () =>
    withTwo(async (stage) => {
      await stage.archive([]);
      await kill(stage, "mirror");
      for (const argv of [["list"], ["list", "--limit", "1"]]) {
        const { code, stdout, stderr } = await stage.archive(argv);
        assert.equal(code, 1);
        assert.match(stdout, /^disk .* disk +\/home\/me\/notes/m);
        assert.match(stderr, /^error: listing in the backend "mirror" failed/m);
      }
      const json = await stage.archive(["list", "--json"]);
      assert.equal(json.code, 1);
      assert.equal(json.json<unknown[]>().length, 2);
      await kill(stage, "disk");
      const none = await stage.archive(["list"]);
      assert.deepEqual([none.code, none.stdout], [1, ""]);
      assert.match(none.stderr, /"disk"/);
      assert.match(none.stderr, /"mirror"/);
    }));
});

describe("reading with several backends", () => {
  it("takes the next backend where the first has no copy or is dead", () =>
    withTwo(async (stage) => {
      const { archive, agent } = stage;
      await archive([]);
      await kill(stage, "disk");
      agent.remove("both");
      assert.match((await archive(["show", "both"])).stdout, /Hello from both/);
      assert.match((await archive(["get", "both"])).stdout, /Hello from both/);
      const restored = await archive(["restore", KEY]);
      assert.equal(restored.stdout, "restored both into /work/app\n", restored.stderr);
      assert.equal(restored.code, 0);
    }));

  it("says where a good copy is when the one that was read is damaged", () =>
    withTwo(async (stage) => {
      const { archive, agent, home } = stage;
      await archive([]);
      await damage(stage, "disk");
      agent.remove("both");
      const before = await readdir(home);
      for (const argv of [["get", KEY, "-o", "x.json"], ["restore", KEY]]) {
        const { code, stderr } = await archive(argv);
        assert.equal(code, 1);
        assert.match(
          stderr,
          /on disk is damaged.*; mirror has a copy too \(in the terminal: --backend mirror\)\n$/,
        );
        assert.equal((await archive([...argv, "--backend", "mirror"])).code, 0);
      }
      assert.deepEqual((await readdir(home)).sort(), [...before, "x.json"].sort());
    }));

  it("promises no other copy where there is none", () =>
    withTwo(async (stage) => {
      await stage.archive([]);
      await damage(stage, "disk");
      await rm(join(stage.home, "mirror", KEY));
      const { stderr } = await stage.archive(["get", KEY]);
      assert.match(stderr, /is damaged/);
      assert.doesNotMatch(stderr, /--backend/);
    }));

  it("verifies every copy, or those of one backend", () =>
    withTwo(async (stage) => {
      const { archive } = stage;
      await archive([]);
      await damage(stage, "mirror");
      assert.match((await archive(["verify", "--all", "--backend", "disk"])).stdout, /: 2 good\n$/);
      const all = await archive(["verify", "--all"]);
      assert.equal(all.code, 1);
      assert.match(all.stdout, /: 2 good, 1 damaged\n$/);
      await kill(stage, "disk");
      const rest = await archive(["verify", "--all"], { columns: { stderr: 80 } });
      assert.equal(rest.code, 1);
      assert.match(rest.stderr, /"disk"/);
      assert.match(rest.stderr, /on mirror is damaged|work_app.* is damaged/);
    }));
});

describe("delete with several backends", () => {
  const holders = async ({ archive }: Stage): Promise<string> => {
    const rows = (await archive(["list", "--json"])).json<{ key: string; backends: string[] }[]>();
    return rows.find(({ key }) => key === KEY)?.backends.join(" ") ?? "";
  };

  it("needs to be told which copy, or all of them, before it asks or deletes anything", () =>
    withTwo(async (stage) => {
      await stage.archive([]);
      const { code, stderr } = await stage.archive(["delete", "disk", "both", "--yes"]);
      assert.equal(code, 2);
      assert.equal(
        stderr,
        `error: ${KEY} is on disk and mirror; --backend disk deletes one copy, ` +
          "--all-backends deletes all\n",
      );
      assert.equal((await files(stage, "disk")).length, 2);
    }));

  it("deletes one copy, which stays deleted while the other one stays", () =>
    withTwo(async (stage) => {
      const { archive } = stage;
      await archive([]);
      const { code, stdout } = await archive(["delete", "both", "--backend", "mirror", "--yes"]);
      assert.deepEqual([code, stdout], [0, `deleted ${KEY} from mirror\n`]);
      assert.equal(await holders(stage), "disk");
      assert.match((await archive([])).stdout, /^2 copies unchanged, 1 copy skipped because/);
    }));

  it("deletes all copies, and names the backends when it asks", () =>
    withTwo(async (stage) => {
      const { archive } = stage;
      await archive([]);
      const asked = await archive(["delete", "both", "--all-backends"], {
        confirm: () => Promise.resolve(true),
      });
      assert.match(asked.stderr, /both\.json {2}\d+ B {2}disk, mirror {2}\/work\/app/);
      assert.equal(asked.stdout, `deleted ${KEY} from disk, mirror\n`);
      assert.equal(await holders(stage), "");
      const both = await archive(["delete", "x", "--all-backends", "--backend", "disk", "--yes"]);
      assert.deepEqual<[ExitCode | number, boolean]>(
        [both.code, both.stderr.includes("exclude each other")],
        [2, true],
      );
    }));
});
