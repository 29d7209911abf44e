import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { appendFile, chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Agent } from "../../../core/agent.ts";
import { ArchiveError } from "../../../core/errors.ts";
import type { RunJson } from "../../../adapters/cli/tally.ts";
import { writeOpenCodeDatabase } from "../../fixtures/opencode_database.ts";
import { withDisk } from "../state/temporary.ts";
import { broken, onStage, session, type Stage } from "./stage.ts";

const FOUR = ["one", "two", "three", "four"].map((id) => session(id));

async function ledgerOf({ home }: Stage): Promise<string> {
  const versions = join(home, "state", "opencode-session-archiver", "v1");
  const [folder] = await readdir(versions);
  return join(versions, folder ?? "", "ledger.jsonl");
}

describe("archive run", () => {
  it("archives every session, and says where to and that it is the same disk", () =>
    onStage(FOUR, async ({ archive, archives }) => {
      const { code, stdout, stderr } = await archive([]);
      assert.equal(code, 0);
      assert.match(stdout, /^archived 4 sessions \(\d+ B|^archived 4 sessions \([\d.]+ KB\)/);
      assert.ok(stderr.includes(archives));
      assert.match(stderr, /this machine's own disk/);
      const files = await readdir(join(archives, "home_me_project", "2026-01-31"));
      assert.deepEqual(files.sort(), ["four.json", "one.json", "three.json", "two.json"]);
    }));

  it("does nothing the second time, and does not repeat the note", () =>
    onStage(FOUR, async ({ archive }) => {
      await archive(["run"]);
      const { code, stdout, stderr } = await archive(["run"]);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.equal(stdout, "nothing to do: 4 sessions archived before, none changed\n");
    }));

  it("archives three of four when one is broken, names that one, and exits with 1", () =>
    onStage(FOUR, async ({ archive, agent }) => {
      const failing = broken(agent, ["two"], () => new ArchiveError("Corrupt", "row 7 is no JSON"));
      const { code, stdout, stderr } = await archive([], { agents: [failing] });
      assert.equal(code, 1);
      assert.match(stdout, /^archived 3 sessions .*, 1 failed\n$/);
      assert.match(stderr, /^error: session two: row 7 is no JSON$/m);
    }));

  it("reads back what it made with --verify, and says so", () =>
    onStage(FOUR, async ({ archive, agent }) => {
      const { code, stdout } = await archive(["run", "--verify"]);
      assert.equal(code, 0);
      assert.match(stdout, /^archived 4 sessions \([^)]*, read back\)\n$/);
      agent.set(session("one", { title: "Another" }));
      const shown = await archive(["run", "--verify", "--verbose", "--json"]);
      const read = shown.json<RunJson>().sessions.map(({ status, readBack }) => [status, readBack]);
      assert.deepEqual(read.sort(), [
        ["archived", true],
        ...Array(3).fill(["unchanged", undefined]),
      ]);
      assert.match((await archive(["run", "--dry-run", "--verify"])).stdout, /^nothing to do/);
    }));

  it("prints one JSON object with --json, and nothing beside it on standard output", () =>
    onStage(FOUR, async ({ archive, agent }) => {
      const failing = broken(agent, ["two"], () => new ArchiveError("Corrupt", "row 7 is no JSON"));
      const shown = await archive(["--json"], { agents: [failing] });
      const { sessions, ...counts } = shown.json<RunJson>();
      assert.equal(shown.code, 1);
      assert.deepEqual(counts, {
        archived: 3,
        unchanged: 0,
        failed: 1,
        skipped: 0,
        leftAlone: 0,
      });
      assert.deepEqual(sessions.find(({ id }) => id === "two"), {
        agent: "memory",
        id: "two",
        key: null,
        backend: "default",
        status: "failed",
        bytes: 0,
        error: { code: "Corrupt", message: "row 7 is no JSON" },
      });
      const { bytes, ...one } = sessions.find(({ id }) => id === "one") ?? { bytes: 0 };
      assert.ok(bytes > 100);
      assert.deepEqual(one, {
        agent: "memory",
        id: "one",
        key: "home_me_project/2026-01-31/one.json",
        backend: "default",
        status: "archived",
      });
      for (const line of shown.stderr.trimEnd().split("\n")) JSON.parse(line);
    }));

  it("lists unchanged copies in JSON only with --verbose", () =>
    onStage(FOUR, async ({ archive }) => {
      await archive([]);
      assert.deepEqual((await archive(["--json"])).json(), {
        archived: 0,
        unchanged: 4,
        failed: 0,
        skipped: 0,
        leftAlone: 0,
        sessions: [],
      });
      const { sessions } = (await archive(["run", "--json", "--verbose"])).json<RunJson>();
      assert.deepEqual(sessions.map(({ status }) => status), Array(4).fill("unchanged"));
    }));

  it("takes only the sessions, projects and times that are asked for", () =>
    onStage([
      session("a", { projectPath: "/work/x/deep" }),
      session("b", { projectPath: "/work/y" }),
      session("c", { projectPath: "/else", createdAt: "2026-02-10T00:00:00.000Z" }),
    ], async ({ archive }) => {
      const ids = async (...argv: string[]) => {
        const { sessions } = (await archive(["--dry-run", "--json", ...argv])).json<RunJson>();
        return sessions.map(({ id }) => id).sort().join("");
      };
      assert.equal(await ids("--session", "a", "c"), "ac");
      assert.equal(await ids("--project", "/work/**"), "ab");
      assert.equal(await ids("--project", "/work/y", "--project", "/else"), "bc");
      assert.equal(await ids("--since", "2026-02-01"), "c");
      assert.equal(await ids("--since", "2026-01-31T12:00:00Z"), "abc");
    }));

  it("takes --project relative to the working directory and to the home folder", () =>
    onStage([], async ({ archive, agent, home }) => {
      agent.set(session("a", { projectPath: join(home, "x") }));
      agent.set(session("b", { projectPath: "/elsewhere/x" }));
      for (const project of ["x", "./x/", "~/x", "~/**", "../**/x"]) {
        const shown = await archive(["--dry-run", "--json", "--project", project]);
        assert.deepEqual(shown.json<RunJson>().sessions.map(({ id }) => id), ["a"], project);
      }
    }));

  it("names ids that no agent has, archives the others, and exits with 1", () =>
    onStage(FOUR, async ({ archive }) => {
      const { code, stdout, stderr } = await archive(["--session", "one", "nope"]);
      assert.equal(code, 1);
      assert.match(stdout, /^archived 1 session /);
      assert.match(stderr, /^error: no session nope is on this machine \(looked through memory\)/m);
    }));

  it("writes nothing in a dry run, and gives counts and sizes by project", () =>
    onStage([...FOUR, session("five", { projectPath: "/work/y" })], async (stage) => {
      const { archive, home } = stage;
      const { code, stdout, stderr } = await archive(["--dry-run"]);
      assert.equal(code, 0);
      const [head, first, second, total] = stdout.split("\n");
      assert.match(head ?? "", /^SESSIONS +SIZE +PROJECT$/);
      assert.match(first ?? "", /^ +4 +[\d.]+ K?B +\/home\/me\/project$/);
      assert.match(second ?? "", /^ +1 +\d+ B +\/work\/y$/);
      assert.match(total ?? "", /^would archive 5 sessions \([\d.]+ KB\)$/);
      assert.match(stderr, /copies would go to .* own disk/);
      assert.deepEqual(await readdir(home), []);
    }));

  it("says where it looked when there is nothing", () =>
    onStage([], async ({ archive }) => {
      const nothing = { stores: [], looked: ["/a/opencode.db", "/b/opencode.db"], notes: [] };
      const agent = {
        name: "opencode",
        detect: () => Promise.resolve(nothing),
        async *sessions() {},
      } as unknown as Agent;
      const { code, stderr } = await archive([], { agents: [agent] });
      assert.equal(code, 0);
      assert.match(stderr, /opencode: nothing is on this machine; looked at \/a.*, \/b/);
    }));

  it("tells what an agent wants to be known, once", () =>
    onStage(FOUR, async ({ archive, agent }) => {
      const note = "2 sessions of OpenCode 2 are not archived yet";
      const detect = () => Promise.resolve({ stores: ["x"], looked: ["x"], notes: [note] });
      const noting = { ...broken(agent, [], () => new Error()), detect };
      const { stderr } = await archive([], { agents: [noting] });
      assert.equal(stderr.split(note).length, 2);
    }));

  it("archives what it can reach when one agent's store cannot be read", () =>
    onStage(FOUR, async ({ archive, agent }) => {
      const locked = {
        ...broken(agent, [], () => new Error()),
        name: "locked",
        async *sessions() {
          yield* [];
          throw await Promise.resolve(new ArchiveError("Transient", "x.db is locked; try again"));
        },
      };
      const shown = await archive([], { agents: [locked, agent] });
      assert.equal(shown.code, 1);
      assert.match(shown.stdout, /^archived 4 sessions/);
      assert.match(shown.stderr, /^error: x\.db is locked; try again$/m);
      const { errors, unchanged } = (await archive(["--json"], { agents: [locked, agent] }))
        .json<RunJson>();
      assert.deepEqual(errors, [{ code: "Transient", message: "x.db is locked; try again" }]);
      assert.equal(unchanged, 4);
      // What is not found may be in the store that cannot be read.
      const named = await archive(["--session", "one", "nope"], { agents: [locked, agent] });
      assert.equal(named.code, 1);
      assert.equal(named.stderr, "error: x.db is locked; try again\n");
    }));

  it("keeps what an overwrite would lose, and says so", () =>
    onStage([session("one", {
      messages: ["a", "b"].map((id) => ({ id, role: "user", text: `text ${id}` })),
    })], async ({ archive, agent }) => {
      await archive([]);
      agent.set(session("one", { messages: [{ id: "a", role: "user", text: "text a" }] }));
      const { stderr } = await archive([]);
      assert.match(
        stderr,
        /note: home_me_project.*\/one\.json holds what one no longer has; it was kept as .*\/one~[0-9a-f]{8}\.json/,
      );
      agent.set(session("one", { messages: [] }));
      const [copy] = (await archive(["--json"])).json<RunJson>().sessions;
      assert.match(copy?.version ?? "", /one~[0-9a-f]{8}\.json$/);
    }));

  it("says that ledger lines were damaged, and loses nothing by it", () =>
    onStage(FOUR, async (stage) => {
      await stage.archive([]);
      await appendFile(await ledgerOf(stage), "garbage\n");
      const { code, stdout, stderr } = await stage.archive([]);
      assert.equal(code, 0);
      assert.match(stderr, /^warning: 1 line of the ledger in .* was damaged;/);
      assert.match(stdout, /^nothing to do: 4 sessions/);
    }));

  it("goes on when the ledger was cut in half", () =>
    onStage(FOUR, async (stage) => {
      await stage.archive([]);
      const ledger = await ledgerOf(stage);
      const text = await readFile(ledger, "utf8");
      await writeFile(ledger, text.slice(0, text.length / 2));
      const { archived, unchanged, failed } = (await stage.archive(["--json"])).json<RunJson>();
      assert.deepEqual([archived, unchanged, failed], [0, 4, 0]);
    }));

  it("names the folder of the archives when something stands in its way", () =>
    onStage(FOUR, async ({ archive, archives }) => {
      await mkdir(join(archives, ".."), { recursive: true });
      await writeFile(archives, "a file");
      const { code, stdout, stderr } = await archive([]);
      assert.equal(code, 1);
      assert.match(stdout, /^4 failed\n$/);
      const errors = stderr.match(/^error: .*$/gm) ?? [];
      assert.equal(errors.length, 4);
      assert.match(errors[3] ?? "", /^error: 1 more session failed in the same way as \w+; --json/);
      assert.ok(stderr.includes(archives));
      assert.ok(!stderr.includes("    at "), "no stack trace");
    }));

  it("names the folder of the archives when it is read-only, and goes on when it is not", () =>
    onStage(FOUR, async ({ archive, agent, archives }) => {
      const play = async (
        env: Record<string, string>,
        shut: () => unknown,
        open: () => unknown,
      ) => {
        await archive([], { env });
        await shut();
        agent.set(session("new"));
        const { code, stderr } = await archive([], { env });
        await open();
        assert.equal(code, 1);
        assert.match(stderr, /^error: .*archives.*\n$/);
        assert.match((await archive([], { env })).stdout, /^archived 1 session .*, 4 unchanged\n/);
      };
      // A superuser may write to any folder, but not to a disk that is read-only.
      const mounted = await withDisk("size=4m", async (disk, remount) => {
        await play({ XDG_DATA_HOME: disk }, () => remount("ro"), () => remount("rw"));
      });
      if (mounted) return;
      const days = async (mode: number) => {
        for (const project of await readdir(archives)) {
          for (const day of await readdir(join(archives, project))) {
            await chmod(join(archives, project, day), mode);
          }
        }
        await chmod(archives, mode);
      };
      await play({}, () => days(0o500), () => days(0o700));
    }));

  it("leaves nothing half-written on a full disk, and goes on once there is room", async () => {
    const mounted = await withDisk(
      "size=512k",
      (disk, remount) =>
        onStage(FOUR, async ({ archive, agent }) => {
          const env = { XDG_DATA_HOME: disk };
          const text = "large ".repeat(200_000);
          agent.set(session("large", { messages: [{ id: "m", role: "user", text }] }));
          const { code, stdout, stderr } = await archive([], { env });
          assert.equal(code, 1);
          assert.match(stdout, /^archived 4 sessions .*, 1 failed\n/);
          assert.match(stderr, /^error: .*large.*full/m);
          assert.equal((await archive(["verify", "--all"], { env })).code, 0);
          remount("size=8m");
          assert.match(
            (await archive([], { env })).stdout,
            /^archived 1 session .*, 4 unchanged\n/,
          );
        }),
    );
    // Where no disk can be mounted, the backend's own tests inject the failure.
    assert.equal(typeof mounted, "boolean");
  });

  it("says what an unforeseen error is, and with --debug where", () =>
    onStage(FOUR, async ({ archive, agent }) => {
      const failing = broken(agent, ["two"], () => new TypeError("x is not a function"));
      const { stderr } = await archive([], { agents: [failing] });
      assert.match(stderr, /^error: session two: TypeError: x is not a function$/m);
      assert.ok(!stderr.includes("    at "));
      const debug = await archive(["--debug"], { agents: [failing] });
      assert.match(debug.stderr, /caused by: TypeError[^]*\n {4}at /);
    }));

  it("says nothing with --quiet unless something fails", () =>
    onStage(FOUR, async ({ archive, agent }) => {
      assert.deepEqual({ ...await archive(["-q"]), json: 0 }, {
        code: 0,
        stdout: "",
        stderr: "",
        json: 0,
      });
      agent.set(session("five"));
      const failing = broken(agent, ["five"], () => new ArchiveError("Corrupt", "broken"));
      const { stdout, stderr } = await archive(["--quiet"], { agents: [failing] });
      assert.deepEqual([stdout, stderr], ["", "error: session five: broken\n"]);
    }));

  it("shows progress on a terminal, cut to its width, and clears it", () =>
    onStage(FOUR, async ({ archive }) => {
      const { stderr } = await archive(["-q"], { columns: { stderr: 80 } });
      assert.equal(stderr, "", "not when quiet");
      const shown = await archive(["--project", "/nowhere"], { columns: { stderr: 80 } });
      assert.ok(!shown.stderr.includes("archiving"), "not when there is nothing");
    }));

  it("archives what OpenCode has, with nothing set up", () =>
    onStage([], async ({ archive, env }) => {
      const database = join(env.XDG_DATA_HOME ?? "", "opencode", "opencode.db");
      const written = await writeOpenCodeDatabase(database, {
        sessions: [{ count: 3, projects: 2, children: 1, todos: 2 }],
      });
      const known = { agents: "known" } as const;
      const first = (await archive(["--json"], known)).json<RunJson>();
      assert.deepEqual([first.archived, first.failed], [written.length, 0]);
      const second = (await archive(["--json"], known)).json<RunJson>();
      assert.deepEqual([second.archived, second.unchanged], [0, written.length]);
      assert.equal((await archive(["verify", "--all"], known)).code, 0);
      const id = written[0]?.id ?? "";
      const messages = (await archive(["show", id, "--json"], known)).json<unknown[]>();
      assert.equal(messages.length, written[0]?.messages);
    }));
});
