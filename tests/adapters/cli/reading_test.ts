import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ClosedPipe } from "../../../adapters/cli/terminal.ts";
import { widthOf } from "../../../adapters/cli/columns.ts";
import { onStage, session, type Stage } from "./stage.ts";

const EVIL = "\u001b]0;owned\u0007\u001b[2J red\u009b31m \u202eflipped\nsecond line";
/** What a terminal must never get raw. */
const UNSAFE = /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u;

const THREE = [
  session("jan", { title: "Fix the login" }),
  session("feb", { createdAt: "2026-02-01T08:00:00.000Z", projectPath: "/work/日本" }),
  session("mar", { createdAt: "2026-03-01T08:00:00.000Z", title: EVIL }),
];

function keyOf(id: string): string {
  return `home_me_project/2026-01-31/${id}.json`;
}

async function plant({ archives }: Stage, key: string, text: string): Promise<void> {
  const file = join(archives, key);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, text);
}

describe("archive list", () => {
  it("is an array of rows with --json, newest first", () =>
    onStage(THREE, async ({ archive }) => {
      await archive([]);
      const rows = (await archive(["list", "--json"])).json<Record<string, unknown>[]>();
      assert.deepEqual(rows.map(({ id }) => id), ["mar", "feb", "jan"]);
      const { size, ...row } = rows[2] ?? {};
      assert.ok(Number(size) > 100);
      assert.deepEqual(row, {
        key: keyOf("jan"),
        backends: ["default"],
        agent: "memory",
        id: "jan",
        title: "Fix the login",
        projectPath: "/home/me/project",
        createdAt: "2026-01-31T12:00:00.000Z",
        updatedAt: "2026-01-31T12:00:00.000Z",
        messages: 1,
      });
    }));

  it("is a table whose lines fit a terminal", () =>
    onStage(THREE, async ({ archive }) => {
      await archive([]);
      for (const columns of [40, 80, 200]) {
        const { stdout } = await archive(["list"], { columns: { stdout: columns } });
        const lines = stdout.trimEnd().split("\n");
        assert.equal(lines.length, 4);
        assert.match(lines[0] ?? "", /^SESSION +UPDATED/);
        for (const line of lines) assert.ok(widthOf(line) <= columns, `${columns}: ${line}`);
      }
    }));

  it("never shows control characters of a title as they are", () =>
    onStage(THREE, async ({ archive }) => {
      await archive([]);
      const { stdout } = await archive(["list"]);
      assert.doesNotMatch(stdout, UNSAFE);
      assert.equal(stdout.split("\n").length, 5);
      const shown = await archive(["list", "--json"]);
      assert.doesNotMatch(shown.stdout, UNSAFE);
      assert.equal(shown.json<{ title: string }[]>()[0]?.title, EVIL);
    }));

  it("filters by project, time and title, and stops at a limit", () =>
    onStage(THREE, async ({ archive }) => {
      await archive([]);
      const ids = async (...argv: string[]) =>
        (await archive(["list", "--json", ...argv])).json<{ id: string }[]>()
          .map(({ id }) => id).join(" ");
      assert.equal(await ids("--project", "/work/**"), "feb");
      assert.equal(await ids("--since", "2026-02-01"), "mar feb");
      assert.equal(await ids("--until", "2026-02-01T00:00:00Z"), "feb jan");
      assert.equal(await ids("--title", "LOGIN"), "jan");
      assert.equal(await ids("--limit", "2"), "mar feb");
      assert.equal(await ids("--limit", "0"), "mar feb jan");
    }));

  it("shows 20 unless told otherwise, and says that there are more", () =>
    onStage(Array.from({ length: 22 }, (_, n) => session(`s${n}`)), async ({ archive }) => {
      await archive(["-q"]);
      const { stdout, stderr } = await archive(["list"]);
      assert.equal(stdout.trimEnd().split("\n").length, 21);
      assert.match(stderr, /newest 20; --limit 0 lists all/);
      const all = await archive(["list", "--limit", "0"]);
      assert.deepEqual([all.stdout.trimEnd().split("\n").length, all.stderr], [23, ""]);
      assert.equal((await archive(["list", "--limit", "22"])).stderr, "");
    }));

  it("prints keys alone with --quiet, which get takes", () =>
    onStage(THREE, async ({ archive }) => {
      await archive([]);
      const keys = (await archive(["list", "-q"])).stdout.trimEnd().split("\n");
      assert.equal(keys.length, 3);
      for (const key of keys) assert.equal((await archive(["get", key])).code, 0);
    }));

  it("says so when there is nothing, and nothing else", () =>
    onStage([], async ({ archive, home }) => {
      const { code, stdout, stderr } = await archive(["list"]);
      assert.deepEqual([code, stdout], [0, ""]);
      assert.match(stderr, /^note: nothing is archived in .* yet; "archive run" does it\n$/);
      assert.deepEqual((await archive(["list", "--json"])).json(), []);
      assert.deepEqual(await readdir(home), [], "looking leaves no trace");
    }));

  it("shows kept versions by key with --versions", () =>
    onStage([session("one")], async ({ archive, agent }) => {
      await archive([]);
      agent.set(session("one", { messages: [{ id: "other", role: "user", text: "new" }] }));
      await archive([]);
      type Row = { key: string; version?: string };
      const rows = (await archive(["list", "--json", "--versions"])).json<Row[]>();
      assert.equal(rows.length, 2);
      const kept = rows.find(({ version }) => version);
      assert.match(kept?.key ?? "", /one~[0-9a-f]{8}\.json$/);
      assert.ok((await archive(["list", "--versions"])).stdout.includes(kept?.key ?? "?"));
      assert.match((await archive(["show", kept?.key ?? ""])).stdout, /Hello from one/);
      assert.equal((await archive(["list", "--json"])).json<Row[]>().length, 1);
    }));

  it("goes on at an archive that cannot be read, and says why", () =>
    onStage([session("one")], async (stage) => {
      await stage.archive([]);
      await plant(stage, keyOf("bad"), "\u001b[31mnot an archive");
      const { code, stdout } = await stage.archive(["list"]);
      assert.equal(code, 0);
      assert.match(stdout, /^bad .*\(unreadable: .*is not a session archive/m);
      assert.doesNotMatch(stdout, UNSAFE);
      const rows = (await stage.archive(["list", "--json"])).json<{ problem?: string }[]>();
      assert.equal(rows.filter(({ problem }) => problem).length, 1);
    }));
});

describe("archive get", () => {
  it("writes the document byte for byte, to standard output and to a file", () =>
    onStage(THREE, async ({ archive, archives, home }) => {
      await archive([]);
      const stored = await readFile(join(archives, keyOf("jan")), "utf8");
      assert.equal((await archive(["get", "jan"])).stdout, stored);
      assert.equal((await archive(["get", keyOf("jan"), "-o", "-"])).stdout, stored);
      const shown = await archive(["get", "jan", "-o", "copy.json"]);
      assert.deepEqual([shown.code, shown.stderr], [0, ""]);
      assert.equal(await readFile(join(home, "copy.json"), "utf8"), stored);
      if (process.platform !== "win32") {
        assert.equal((await stat(join(home, "copy.json"))).mode & 0o777, 0o600);
      }
    }));

  it("describes the file with --json", () =>
    onStage(THREE, async ({ archive, home }) => {
      await archive([]);
      const shown = await archive(["get", "jan", "-o", "copy.json", "--json"]);
      const file = join(home, "copy.json");
      const { size } = await stat(file);
      assert.deepEqual(shown.json(), { key: keyOf("jan"), backend: "default", file, size });
    }));

  it("replaces no file unless it is forced to, and nothing that is no file", () =>
    onStage(THREE, async ({ archive, home }) => {
      await archive([]);
      const file = join(home, "mine.txt");
      await writeFile(file, "mine");
      const refused = await archive(["get", "jan", "-o", file]);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /mine\.txt exists and is left alone; --force replaces it/);
      assert.equal(await readFile(file, "utf8"), "mine");
      assert.equal((await archive(["get", "jan", "-o", file, "--force"])).code, 0);
      assert.match(await readFile(file, "utf8"), /session-archive/);
      const folder = await archive(["get", "jan", "-o", home, "--force"]);
      assert.equal(folder.code, 2);
      assert.match(folder.stderr, /is no plain file/);
    }));

  it("leaves no file when the hash is wrong, and exits with 1", () =>
    onStage(THREE, async ({ archive, archives, home }) => {
      await archive([]);
      const file = join(archives, keyOf("jan"));
      await writeFile(file, (await readFile(file, "utf8")).replace("Hello", "Jello"));
      const before = await readdir(home);
      const { code, stderr } = await archive(["get", "jan", "-o", "copy.json"]);
      assert.equal(code, 1);
      assert.match(stderr, /^error: home_me_project.*jan\.json on default is damaged/);
      assert.deepEqual(await readdir(home), before);
      assert.equal((await archive(["get", "jan"])).code, 1);
    }));

  it("ends quietly when nobody reads any more", () =>
    onStage(THREE, async ({ archive }) => {
      await archive([]);
      for (const command of [["get", "jan"], ["show", "jan"], ["list"], ["list", "--json"]]) {
        const { code, stderr } = await archive(command, {
          onStdout: () => {
            throw new ClosedPipe();
          },
        });
        assert.deepEqual([code, stderr], [0, ""], command.join(" "));
      }
    }));

  it("says what is wrong with a key", () =>
    onStage(THREE, async ({ archive }) => {
      await archive([]);
      const said = async (key: string, expected = 1) => {
        const { code, stdout, stderr } = await archive(["get", key]);
        assert.deepEqual([code, stdout], [expected, ""]);
        return stderr;
      };
      assert.match(await said("nope"), /^error: no archive of a session nope is on default\n$/);
      assert.match(await said(keyOf("nope")), /^error: there is no archive home_me_project.*nope/);
      assert.match(await said("../../etc/passwd", 2), /is no archive's key/);
      assert.match(await said("..", 2), /must be a plain file name/);
      assert.doesNotMatch(await said(EVIL, 2), UNSAFE);
    }));

  it("names all keys of an ambiguous id", () =>
    onStage([], async (stage) => {
      const document = (path: string) =>
        `{"format":"session-archive","version":1,"agent":"memory","id":"one","projectPath":"${path}",` +
        `"createdAt":"2026-01-31T12:00:00.000Z",\n"native":{"messages":[\n],"info":{}},\n` +
        `"summary":{"title":""}}\n`;
      await plant(stage, "a/2026-01-31/one.json", document("/a"));
      await plant(stage, "b/2026-01-31/one.json", document("/b"));
      const { code, stderr } = await stage.archive(["get", "one"]);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /one has 2 archives; .*a\/2026-01-31\/one\.json, b\/2026-01-31\/one\.json/,
      );
      const shown = await stage.archive(["get", "b/2026-01-31/one.json"]);
      assert.equal(shown.stdout, document("/b"));
    }));
});

describe("archive show", () => {
  it("shows a conversation as text, Markdown and JSON", () =>
    onStage(THREE, async ({ archive }) => {
      await archive([]);
      const text = await archive(["show", "jan"]);
      assert.match(
        text.stdout,
        /^Fix the login\nmemory jan · \/home\/me\/project · 2026-01-31 12:00 UTC\n/,
      );
      assert.match(text.stdout, /── user ──\nHello from jan\n$/);
      const markdown = await archive(["show", "jan", "--format", "markdown"]);
      assert.match(markdown.stdout, /^# Fix the login\n\n- Session: `jan` of memory\n/);
      assert.match(markdown.stdout, /\n## user\n\nHello from jan\n$/);
      const messages = [{
        id: "jan-m1",
        role: "user",
        parts: [{ type: "text", text: "Hello from jan" }],
      }];
      assert.deepEqual((await archive(["show", "jan", "--json"])).json(), messages);
      assert.deepEqual((await archive(["show", "jan", "--format", "json"])).json(), messages);
    }));

  it("never shows control characters as they are", () =>
    onStage(
      [session("evil", { title: EVIL, messages: [{ id: "m", role: "user", text: EVIL }] })],
      async ({ archive }) => {
        await archive([]);
        for (const format of ["text", "markdown", "json"]) {
          const { stdout } = await archive(["show", "evil", "--format", format]);
          assert.doesNotMatch(stdout, UNSAFE, format);
        }
      },
    ));

  it("is an empty array for a session without messages", () =>
    onStage([session("empty", { messages: [] })], async ({ archive }) => {
      await archive([]);
      assert.deepEqual((await archive(["show", "empty", "--json"])).json(), []);
    }));

  it("refuses formats that it does not know or that contradict --json", () =>
    onStage([], async ({ archive }) => {
      const unknown = await archive(["show", "x", "--format", "html"]);
      assert.equal(unknown.code, 2);
      assert.match(unknown.stderr, /--format is "html"; it can be text, markdown, json/);
      assert.equal((await archive(["show", "x", "--format", "text", "--json"])).code, 2);
    }));
});
