import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { onStage, session, type Stage } from "./stage.ts";

interface Json {
  readonly sessions: readonly {
    readonly id: string;
    readonly ids: readonly string[];
    readonly title: string;
    readonly bytes: number;
    readonly status: string;
    readonly problem?: string;
    readonly error?: { readonly code: string };
  }[];
  readonly bytes: number;
}

/** A stage whose sessions `one`, `two` and its child are archived, and `new` is not. */
function withSessions(play: (stage: Stage) => Promise<void>): Promise<void> {
  const sessions = [
    session("one"),
    session("two"),
    session("child", { parentId: "two" }),
  ];
  return onStage(sessions, async (stage) => {
    assert.equal((await stage.archive([])).code, 0);
    stage.agent.set(session("new"));
    await play(stage);
  });
}

function ids({ agent }: Stage): string[] {
  return ["one", "two", "child", "new"].filter((id) => agent.get(id));
}

const ALL = ["one", "two", "child", "new"];

describe("archive prune-local", () => {
  it("says which sessions could go and why others stay, and deletes nothing", () =>
    withSessions(async (stage) => {
      const { code, stdout, stderr } = await stage.archive(["prune-local", "--older-than", "0d"]);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /^warning: the only copies are in .*, on this machine's own disk: /m);
      assert.match(stderr, /^note: new stays: it is not archived on default$/m);
      assert.match(stdout, /^would delete one {2}\d+ B {2}20.* {2}\/home\/me\/project {2}/m);
      assert.match(stdout, /^would delete two {2}with 1 that it started {2}/m);
      assert.match(stdout, /^3 sessions \([\d.]+ K?B\) would go, 1 stay; add --delete /m);
      assert.deepEqual(ids(stage), ALL);
    }));

  it("deletes with --delete after a yes, and each can be restored", () =>
    withSessions(async (stage) => {
      const asked: string[] = [];
      const said = await stage.archive(["prune-local", "--older-than", "0d", "--delete"], {
        confirm: (question) => Promise.resolve(asked.push(question) > 0),
      });
      assert.equal(said.code, 0, said.stderr);
      assert.match(asked[0], /^Delete 3 sessions \([\d.]+ K?B\) from this machine\? They stay/);
      assert.match(said.stdout, /^deleted two {2}with 1 that it started/m);
      assert.match(said.stdout, /^deleted 3 sessions \([\d.]+ K?B\), 1 stay; "restore ID" puts/m);
      assert.deepEqual(ids(stage), ["new"]);
      assert.equal((await stage.archive(["restore", "two", "--into", stage.archives])).code, 0);
      assert.deepEqual(ids(stage), ["two", "child", "new"]);
    }));

  it("deletes without asking with --yes, and tells all in JSON", () =>
    withSessions(async (stage) => {
      await stage.archive(["--session", "new"]);
      const path = join(stage.archives, "home_me_project", "2026-01-31", "one.json");
      await writeFile(path, (await readFile(path, "utf8")).replace("[", "[ "));
      stage.agent.set(session("new", { title: "another" }));
      const said = await stage.archive(["prune-local", "--older-than", "0d", "--yes", "--json"]);
      assert.equal(said.code, 1);
      const { sessions, bytes } = said.json<Json>();
      const found = Object.fromEntries(sessions.map((one) => [one.id, one]));
      assert.equal(found.two.status, "deleted");
      assert.deepEqual(found.two.ids, ["two", "child"]);
      assert.equal(bytes, found.two.bytes);
      assert.equal(found.one.status, "kept");
      assert.equal(found.one.error?.code, "Corrupt");
      assert.match(found.one.problem ?? "", /one\.json on default is not what the session is/);
      assert.equal(found.new.status, "kept");
      assert.match(
        found.new.problem ?? "",
        /^new: it has changed since it was archived on default/,
      );
      assert.deepEqual(ids(stage), ["one", "new"]);
      assert.equal((await stage.archive([])).code, 0, "the next run mends what was found damaged");
      assert.equal((await stage.archive(["verify", "--all"])).code, 0);
    }));

  it("keeps what is pinned by its folder or its id", () =>
    withSessions(async (stage) => {
      const args = ["prune-local", "--older-than", "0d", "--yes"];
      const all = await stage.archive([...args, "--keep", "/home/me/**"]);
      assert.match(all.stdout, /^no session may go \(4 sessions in all\)$/m);
      await stage.archive([...args, "--keep", "child"]);
      assert.deepEqual(ids(stage), ["two", "child", "new"]);
    }));

  it("keeps all that lies in a folder that is named without a wildcard", () =>
    withSessions(async (stage) => {
      const args = ["prune-local", "--older-than", "0d", "--json", "--keep"];
      for (const folder of ["/home/me", "/home/me/", "/home/me/project", "/home/*"]) {
        const { sessions } = (await stage.archive([...args, folder])).json<Json>();
        assert.ok(sessions.every(({ status }) => status === "pinned"), folder);
      }
      for (const folder of ["/home/m", "/home/me/project/x"]) {
        const { sessions } = (await stage.archive([...args, folder])).json<Json>();
        assert.ok(!sessions.some(({ status }) => status === "pinned"), folder);
      }
      const { code, stderr } = await stage.archive([...args, ""]);
      assert.equal(code, 2);
      assert.match(stderr, /--keep is empty/);
    }));

  it("warns of pins that hold nothing", () =>
    withSessions(async (stage) => {
      const pins = ["one", "child", "/home/me/**", "tow", "/home/you"];
      const args = pins.flatMap((pin) => ["--keep", pin]);
      const { stderr } = await stage.archive(["prune-local", "--older-than", "0d", ...args]);
      const warned = [...stderr.matchAll(/^warning: --keep (\S+) holds no session/gm)];
      assert.deepEqual(warned.map(([, pin]) => pin), ["tow", "/home/you"], stderr);
    }));

  it("tells of what was deleted, and of that alone, when it is stopped", () =>
    withSessions(async (stage) => {
      let stop: (signal: "SIGINT") => void = () => {};
      const remover = stage.agent.remover.bind(stage.agent);
      stage.agent.remover = async () => ({
        ...await remover(),
        async remove(family) {
          stage.agent.remove(family[0].id);
          stop("SIGINT");
          await Promise.resolve();
        },
      });
      const said = await stage.archive(["prune-local", "--older-than", "0d", "--yes", "--json"], {
        onStop: (listener) => stop = listener,
      });
      const { sessions, bytes } = said.json<Json>();
      const gone = sessions.filter(({ id }) => !stage.agent.get(id));
      assert.ok(gone.every(({ status }) => status === "deleted"), said.stdout);
      assert.equal(bytes, gone.reduce((sum, one) => sum + one.bytes, 0));
    }));

  it("deletes the oldest until what stays is small enough", () =>
    withSessions(async (stage) => {
      const { stdout } = await stage.archive(["prune-local", "--keep-size", "1TB"]);
      assert.match(stdout, /^no session may go/m);
      await stage.archive(["prune-local", "--keep-size", "0B", "--yes"]);
      assert.deepEqual(ids(stage), ["new"]);
    }));

  it("deletes nothing after a no, and where nobody can be asked", () =>
    withSessions(async (stage) => {
      const args = ["prune-local", "--older-than", "0d", "--delete"];
      const no = await stage.archive(args, { confirm: () => Promise.resolve(false) });
      assert.deepEqual([no.code, no.stdout], [1, ""]);
      assert.match(no.stderr, /nothing was deleted/);
      const nobody = await stage.archive(args);
      assert.equal(nobody.code, 2);
      assert.match(nobody.stderr, /nobody is here to ask; add --yes/);
      assert.deepEqual(ids(stage), ALL);
    }));

  for (
    const [args, complaint] of [
      [[], /say which sessions: by their age with --older-than, or by what stays/],
      [["--older-than", "0d", "--backend", "default"], /every backend .*; leave --backend away/],
      [["--older-than", "soon"], /--older-than is "soon"; give a number of hours, days or weeks/],
      [["--keep-size", "20"], /--keep-size is "20"; give a size, as 500MB, 20GB or 1\.5TB/],
      [["--keep-size", "-1GB"], /--keep-size is "-1GB"/],
    ] as const
  ) {
    it(`refuses ${args.join(" ") || "to guess"}`, () =>
      withSessions(async (stage) => {
        const { code, stderr } = await stage.archive(["prune-local", ...args, "--yes"]);
        assert.equal(code, 2);
        assert.match(stderr, complaint);
        assert.deepEqual(ids(stage), ALL);
      }));
  }

  it("leaves the archive as it is", () =>
    withSessions(async (stage) => {
      const before = (await readdir(stage.archives, { recursive: true })).sort();
      await stage.archive(["prune-local", "--older-than", "0d", "--yes"]);
      assert.deepEqual((await readdir(stage.archives, { recursive: true })).sort(), before);
      const again = await stage.archive([]);
      assert.equal(again.code, 0, again.stderr);
      assert.equal((await stage.archive(["list", "--json"])).json<unknown[]>().length, 4);
    }));
});
