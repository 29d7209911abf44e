import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { ChildFailure, type RunProgram } from "../../../../adapters/plugin/child.ts";
import { archiveTools } from "../../../../adapters/plugin/tools/mod.ts";
import { contextWith, ended, hostWith, type Question, toolsOver } from "./workbench.ts";

const KEY = "home_me_project/2026-01-31/ses_1.json";
const ENTRY = {
  key: KEY,
  backends: ["default"],
  agent: "opencode",
  id: "ses_1",
  title: "Fix the login",
  projectPath: "/home/me/project",
  createdAt: "2026-01-31T12:00:00.000Z",
  updatedAt: "2026-01-31T13:00:00.000Z",
  messages: 12,
  size: 1234,
};
const COPY = {
  agent: "opencode",
  id: "ses_now",
  key: KEY,
  backend: "default",
  status: "archived",
  bytes: 9,
};
const WELL = { well: true, summary: "all is well: 2 sessions archived, nothing waits" };
const NOT_FOUND = { code: "NotFound", message: `no archive has the key ${KEY}` };

describe("archive_session", () => {
  it("archives the current session unless another is named", async () => {
    const done = ended({ sessions: [COPY] });
    const { call, calls } = toolsOver([done, ended(WELL), done, ended(WELL)]);
    assert.equal(
      await call("archive_session", {}),
      `Session ses_now is archived.\nkey: ${KEY}\ndefault: archived\n` +
        "What this turn has still to come is not in it yet.\n" +
        "In all: all is well: 2 sessions archived, nothing waits",
    );
    assert.match(await call("archive_session", { sessionId: "ses_2" }), /^Session ses_2 is arch/);
    assert.deepEqual(calls, [
      ["run", PATIENCE, "--verbose", "--session=ses_now"],
      ["status", PATIENCE],
      ["run", PATIENCE, "--verbose", "--session=ses_2"],
      ["status", PATIENCE],
    ]);
  });

  it("tells what is not well in all, and where the user sees more", async () => {
    const summary = "not well: 1 session parked";
    const done = ended({ sessions: [COPY] });
    const { call } = toolsOver(
      [done, ended({ well: false, summary }, { exitCode: 1 }), done, ended(undefined)],
      hostWith({ configPath: "/my c.yaml" }),
    );
    assert.match(
      await call("archive_session", { sessionId: "ses_1" }),
      /\nIn all: not well: 1 session parked \(the user .*: npx .* status --config '\/my c\.yaml'\)$/,
    );
    assert.match(await call("archive_session", {}), /^Session ses_now is archived\.\n/);
  });

  it("tells of every copy, also of one that failed", async () => {
    const error = { code: "Unauthorized", message: "minio refuses the key" };
    const sessions = [
      { ...COPY, status: "unchanged" },
      { ...COPY, backend: "minio", key: null, status: "failed", error },
    ];
    const { call } = toolsOver([ended({ sessions }, { exitCode: 1 }), ended(WELL)]);
    assert.equal(
      await call("archive_session", { sessionId: "ses_1" }),
      `Session ses_1 is archived.\nkey: ${KEY}\n` +
        "default: up to date before\nminio: failed (minio refuses the key)\n" +
        "In all: all is well: 2 sessions archived, nothing waits",
    );
  });

  it("says why nothing was archived", async () => {
    const notes = ["ses_1 of /home/me/private is left alone: rules[0] says archive: false"];
    const errors = [{ code: "NotFound", message: "no session ses_2 is there" }];
    const { call } = toolsOver([
      ended({ sessions: [], leftAlone: 1 }, { notes }),
      ended({ sessions: [], errors }, { exitCode: 1 }),
    ]);
    assert.equal(
      await call("archive_session", { sessionId: "ses_1" }),
      `Session ses_1 was not archived.\n${notes[0]}`,
    );
    assert.equal(
      await call("archive_session", { sessionId: "ses_2" }),
      "Session ses_2 was not archived.\nno session ses_2 is there",
    );
  });
});

/** Stores that say nothing are given up three times sooner than in a terminal. */
const PATIENCE = "--timeout=8";

describe("list_archives", () => {
  it("lists those of this project, one a line", async () => {
    const { call, calls } = toolsOver([ended([ENTRY])]);
    assert.equal(
      await call("list_archives", null),
      "key | created | title | directory | messages\n" +
        `${KEY} | 2026-01-31 | Fix the login | /home/me/project | 12`,
    );
    assert.deepEqual(calls, [["list", PATIENCE, "--project=/home/me/project/**", "--limit=21"]]);
  });

  it("hands over what was asked for", async () => {
    const { call, calls } = toolsOver([ended([])]);
    const given = {
      projectPath: "**",
      limit: "5",
      since: "2026-01-01",
      title: "log",
      backend: "b",
    };
    assert.equal(await call("list_archives", given), "No such session of ** is archived.");
    assert.deepEqual(calls, [[
      "list",
      PATIENCE,
      "--project=**",
      "--limit=6",
      "--since=2026-01-01",
      "--title=log",
      "--backend=b",
    ]]);
  });

  it("lists those of the whole checkout, from wherever in it the model is", async () => {
    for (
      const [directory, worktree, project] of [
        ["/home/me/shop/packages/a", "/home/me/shop", "/home/me/shop/**"],
        ["/home/me/shop", "/home/me/shop", "/home/me/shop/**"],
        ["/home/me/shop", "/", "/home/me/shop/**"],
        ["/", "/", "/**"],
        ["/home/me/link", "/mnt/shop", "/home/me/link/**"],
      ]
    ) {
      const { call, calls } = toolsOver([ended([])]);
      await call("list_archives", {}, contextWith({ directory, worktree }));
      assert.ok(calls[0]?.includes(`--project=${project}`), `${directory}: ${calls[0]}`);
    }
  });

  it("repeats no more of a path than tells which it was", async () => {
    const { call } = toolsOver([ended([])]);
    const answer = await call("list_archives", { projectPath: `/srv/${"a".repeat(5_000)}` });
    assert.match(answer, /^No session of \/srv\/a+… is archived\. To look at all projects/);
    assert.ok(answer.length < 400, `${answer.length}`);
  });

  it("takes relative paths for those from where the model is, not the program", async () => {
    for (
      const [projectPath, project] of [
        [".", "/home/me/project/**"],
        ["./src/", "/home/me/project/src/**"],
        ["../other/**", "/home/me/other/**"],
        ["*", "/home/me/project/*"],
        ["/srv/**", "/srv/**"],
        ["/srv/[old]", "/srv/[old]/**"],
        ["/", "/**"],
        ["~/jobs", "~/jobs/**"],
        ["**/shop", "**/shop"],
      ]
    ) {
      const { call, calls } = toolsOver([ended([])]);
      await call("list_archives", { projectPath });
      assert.ok(calls[0]?.includes(`--project=${project}`), `${projectPath}: ${calls[0]}`);
    }
  });

  it("says that there are more, and shortens titles", async () => {
    const long = { ...ENTRY, title: `a\nb${"c".repeat(300)}` };
    const { call } = toolsOver([ended([ENTRY, long, ENTRY])]);
    const lines = (await call("list_archives", { limit: 2 })).split("\n");
    assert.equal(lines.length, 4);
    assert.match(lines[2] ?? "", / \| a bc{76}… \| /);
    assert.match(lines[3] ?? "", /^There are older ones: give a limit of up to 100/);
  });

  it("says what to do when there is nothing", async () => {
    const { call } = toolsOver([ended([])]);
    assert.equal(
      await call("list_archives", {}),
      'No session of /home/me/project is archived. To look at all projects, give "**" as ' +
        "projectPath.",
    );
  });

  it("shows what one backend has when another fails", async () => {
    const errors = [{ code: "Timeout", message: "minio did not answer within 5 s" }];
    const { call } = toolsOver([ended([ENTRY], { errors, exitCode: 1 })]);
    assert.match(
      await call("list_archives", {}),
      /Fix the login[^]*\nSome archives may be missing here: minio did not answer within 5 s$/,
    );
  });
});

describe("retrieve_archive", () => {
  const SUMMARY = {
    ...{ key: KEY, backend: "default", agent: "opencode", id: "ses_1", agentVersion: "1.18.33" },
    ...{ title: "Fix the login", projectPath: "/home/me/project", parentId: null },
    ...{ createdAt: "2026-01-31T12:00:00.000Z", updatedAt: "2026-01-31T13:00:00.000Z" },
    ...{
      messages: 12,
      models: ["p/m"],
      cost: 0.421,
      tokens: { input: 500, output: 80 },
      firstPrompt: "fix it",
      lastAnswer: "done",
    },
  };

  it("gives a summary by default", async () => {
    const { call, calls } = toolsOver([ended(SUMMARY)]);
    assert.equal(
      await call("retrieve_archive", { key: KEY, format: null }),
      [
        `key: ${KEY}`,
        "title: Fix the login",
        "session: ses_1 of opencode 1.18.33",
        "project: /home/me/project",
        "created: 2026-01-31 12:00 UTC, last changed 2026-01-31 13:00 UTC",
        "size: 12 messages, 500 tokens in, 80 out, $0.42",
        "models: p/m",
        "first prompt: fix it",
        "last answer: done",
        'For the conversation, call it again with format "transcript".',
      ].join("\n"),
    );
    assert.deepEqual(calls, [["show", PATIENCE, "--format=summary", "--", KEY]]);
  });

  it("gives a transcript in pages, and says where the next one begins", async () => {
    const first = { text: "Hello\n", offset: 0, next: 6, total: 20, cut: false };
    const cut = { text: "world", offset: 6, next: 11, total: 20, cut: true };
    const last = { text: "the end.\n", offset: 11, next: null, total: 20, cut: false };
    const { call, calls } = toolsOver([ended(first), ended(cut), ended(last)]);
    const given = { key: KEY, format: "transcript" };
    assert.equal(
      await call("retrieve_archive", given),
      "Characters 0 to 6 of 20. For the next page, call it again with offset 6.\n\nHello\n",
    );
    assert.match(
      await call("retrieve_archive", { ...given, offset: 6 }),
      /^Characters 6 to 11 of 20\. Its last message goes on there\. For the next .* offset 11\./,
    );
    assert.match(
      await call("retrieve_archive", { key: KEY, offset: "11" }),
      /^Characters 11 to 20 of 20\. This is the last page\.\n\nthe end\.\n$/,
      "an offset alone asks for the transcript",
    );
    assert.deepEqual(calls[0], [
      "show",
      PATIENCE,
      "--format=text",
      "--offset=0",
      "--limit=16000",
      "--lines=1900",
      "--",
      KEY,
    ]);
  });

  it("gives a short one without a word about pages", async () => {
    const page = { text: '{"id":"m1"}\n', offset: 0, next: null, total: 12, cut: false };
    const { call, calls } = toolsOver([ended(page)]);
    assert.equal(await call("retrieve_archive", { key: KEY, format: "json" }), page.text);
    assert.equal(calls[0]?.[2], "--format=json");
  });

  it("answers a wrong key with a sentence", async () => {
    const { call } = toolsOver([ended(undefined, { errors: [NOT_FOUND], exitCode: 1 })]);
    assert.equal(await call("retrieve_archive", { key: KEY }), NOT_FOUND.message);
  });
});

describe("delete_archive", () => {
  it("asks about the thing it found, then deletes exactly that", async () => {
    const outcome = { key: KEY, backends: ["default"], versions: [] };
    const { call, calls } = toolsOver([ended([ENTRY]), ended([outcome])]);
    const asked: Question[] = [];
    const ask = (question: Question) => {
      assert.equal(calls.length, 1, "it is looked up before, and deleted after");
      asked.push(question);
      return Promise.resolve();
    };
    const answer = await call("delete_archive", { key: "ses_1" }, contextWith({ ask }));
    assert.equal(answer, `Deleted ${KEY} from default.`);
    assert.deepEqual(asked, [{
      permission: "delete_archive",
      patterns: [KEY],
      always: [],
      metadata: {
        key: KEY,
        title: "Fix the login",
        created: "2026-01-31T12:00:00.000Z",
        project: "/home/me/project",
        messages: 12,
        from: ["default"],
      },
    }]);
    assert.deepEqual(calls, [
      ["delete", PATIENCE, "--dry-run", "--all-backends", "--", "ses_1"],
      ["delete", PATIENCE, "--yes", "--backend=default", "--", KEY],
    ]);
  });

  it("deletes nothing when it is refused, and lets the refusal through as it is", async () => {
    const refusal = new Error("The user rejected permission to use this specific tool call.");
    const { call, calls } = toolsOver([ended([ENTRY])]);
    const ask = () => Promise.reject(refusal);
    await assert.rejects(
      call("delete_archive", { key: KEY }, contextWith({ ask })),
      (error) => error === refusal,
    );
    assert.equal(calls.length, 1);
  });

  it("asks nothing for a wrong call, a wrong key, or several copies", async () => {
    const ask = () => Promise.reject(new Error("nobody is to be asked"));
    const both = { ...ENTRY, backends: ["default", "disk"] };
    const { call, calls } = toolsOver([
      ended(undefined, { errors: [NOT_FOUND], exitCode: 1 }),
      ended([both]),
    ]);
    const context = contextWith({ ask });
    assert.match(await call("delete_archive", {}, context), /^key is missing; it must be an arch/);
    assert.equal(calls.length, 0);
    assert.equal(await call("delete_archive", { key: KEY }, context), NOT_FOUND.message);
    assert.match(
      await call("delete_archive", { key: KEY }, context),
      /^Nothing was deleted: .* is on default and disk\. Ask the user which/,
    );
  });

  it("deletes only from the backend that is named", async () => {
    const onDisk = { ...ENTRY, backends: ["disk"] };
    const outcome = { key: KEY, backends: ["disk"], versions: [`${KEY}~1`] };
    const { call, calls } = toolsOver([ended([onDisk]), ended([outcome])]);
    const answer = await call("delete_archive", { key: KEY, backend: "disk" });
    assert.match(answer, /^Deleted .* from disk\.\nEarlier versions of it are still there: /);
    assert.deepEqual(calls[0], ["delete", PATIENCE, "--dry-run", "--backend=disk", "--", KEY]);
  });

  it("says why nothing was deleted", async () => {
    const errors = [{ code: "Unauthorized", message: "the bucket is read-only" }];
    const { call } = toolsOver([ended([ENTRY]), ended([], { errors, exitCode: 1 })]);
    assert.equal(
      await call("delete_archive", { key: KEY }),
      "Nothing was deleted.\nthe bucket is read-only",
    );
  });
});

describe("restore_archive", () => {
  const DONE = {
    archivedId: "ses_1",
    id: "ses_1",
    status: "restored",
    directory: "/home/me/project",
    differences: [],
    notes: [],
  };

  it("says where the session is now", async () => {
    const copy = { ...DONE, id: "ses_9", notes: ["todos come not back"] };
    const { call, calls } = toolsOver([ended([DONE]), ended([copy])]);
    assert.equal(
      await call("restore_archive", { key: KEY }),
      "Restored session ses_1; it is in OpenCode's list of sessions in /home/me/project.",
    );
    assert.equal(
      await call("restore_archive", { key: KEY, newId: "true" }),
      "Restored session ses_1 as ses_9; it is in OpenCode's list of sessions in " +
        "/home/me/project.\ntodos come not back",
    );
    assert.deepEqual(calls, [["restore", PATIENCE, "--", KEY], [
      "restore",
      PATIENCE,
      "--new-id",
      "--",
      KEY,
    ]]);
  });

  it("offers a way out when the session exists, and says what failed", async () => {
    const error = { code: "NotFound", message: "there is no program opencode in PATH" };
    const { call } = toolsOver([
      ended([{ ...DONE, status: "existing" }], { exitCode: 1 }),
      ended([{ ...DONE, status: "failed", error }], { exitCode: 1 }),
    ]);
    assert.match(await call("restore_archive", { key: KEY }), /was left alone\. .* newId true\.$/);
    assert.equal(
      await call("restore_archive", { key: KEY }),
      "Session ses_1 could not be restored.\nthere is no program opencode in PATH",
    );
  });
});

describe("every tool", () => {
  const CALLS = ["archive_session", "list_archives", "retrieve_archive", "delete_archive"];

  it("answers with what is wrong when the archive cannot be used, and runs nothing", async () => {
    const host = hostWith({ problem: "the plugin's option config is 7; give a path" });
    const { call, calls } = toolsOver([], host);
    for (const name of [...CALLS, "restore_archive"]) {
      assert.equal(
        await call(name, { key: KEY }),
        "Session archives cannot be used: the plugin's option config is 7; give a path",
      );
    }
    assert.equal(calls.length, 0);
  });

  it("answers with all that is wrong with the configuration", async () => {
    const complaints = [
      { at: "backends.a.type", message: '"s4" is unknown' },
      { at: "default", message: "no backend is called b" },
    ];
    const errors = [{ code: "Invalid", message: "/c.yaml is wrong", complaints }];
    const wrong = ended(undefined, { errors, exitCode: 2 });
    const { call } = toolsOver([wrong, wrong, wrong, wrong]);
    for (const name of CALLS) {
      assert.equal(
        await call(name, { key: KEY }),
        '/c.yaml is wrong; backends.a.type: "s4" is unknown; default: no backend is called b',
      );
    }
  });

  it("names the configuration that the plugin was given", async () => {
    const { call, calls } = toolsOver([ended([])], hostWith({ configPath: "/c.yaml" }));
    await call("list_archives", {});
    assert.deepEqual(calls[0]?.slice(0, 2), ["list", "--config=/c.yaml"]);
  });

  it("answers when the program breaks off or takes too long", async () => {
    const failure = new ChildFailure("The archiver's program broke off (SIGKILL).");
    const tools = archiveTools(hostWith(), () => Promise.reject(failure));
    const answer = await tools.list_archives?.execute({}, contextWith());
    assert.equal(answer, failure.message);
  });

  it("lets those that change the archive wait for each other, and no others", async () => {
    const running: string[] = [];
    const done: (() => void)[] = [];
    const run: RunProgram = ([name]) => {
      if (name === "status") return Promise.resolve(ended(WELL));
      running.push(name);
      return new Promise((resolve) =>
        done.push(() => resolve(ended(name === "run" ? { sessions: [COPY] } : [])))
      );
    };
    const tools = archiveTools(hostWith(), run);
    // One process serves many directories, and the archive has one lock for them all.
    const elsewhere = archiveTools(hostWith({ directory: "/home/me/other" }), run);
    const turn = () => new Promise<void>((resolve) => setTimeout(resolve));
    const first = tools.archive_session?.execute({}, contextWith());
    const second = elsewhere.archive_session?.execute({}, contextWith());
    const other = tools.list_archives?.execute({}, contextWith());
    await turn();
    assert.deepEqual(running.sort(), ["list", "run"]);
    done.splice(0).forEach((end) => end());
    await Promise.all([first, other]);
    await turn();
    assert.deepEqual(running, ["list", "run", "run"]);
    done.splice(0).forEach((end) => end());
    await second;
  });
});
