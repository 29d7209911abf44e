/**
 * The tools with the real program in a child, on a folder of archives.
 *
 * @module
 */
import { it } from "node:test";
import assert from "node:assert/strict";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runnerOf } from "../../../../adapters/plugin/child.ts";
import { archiveTools } from "../../../../adapters/plugin/tools/mod.ts";
import { writeOpenCodeDatabase } from "../../../fixtures/opencode_database.ts";
import { homeFolders } from "../../../throwaway_home.ts";
import { testedProgram } from "../own_program_for_tests.ts";
import { contextWith, hostWith, type Question } from "./workbench.ts";

const PROJECT = "/home/me/shop";

it("The five tools do on a real archive what they say", async () => {
  const home = await mkdtemp(join(tmpdir(), "archive-tools-"));
  try {
    const env = {
      ...process.env,
      ...homeFolders(home),
      OPENCODE_DB: join(home, "opencode.db"),
      SESSION_ARCHIVER_CONFIG: "",
    };
    const [first, second, third] = await writeOpenCodeDatabase(env.OPENCODE_DB, {
      sessions: [
        { projects: [PROJECT], turns: 60, title: "Mend the basket" },
        { projects: ["/home/me/other"] },
        { projects: [`${PROJECT}/packages/till`], title: "Count the coins" },
      ],
    });
    assert.ok(first && second && third);
    const tools = archiveTools(
      hostWith({ directory: PROJECT, env }),
      runnerOf(() => testedProgram(env), env),
    );
    const asked: Question[] = [];
    const context = contextWith({
      sessionID: first.id,
      directory: `${PROJECT}/packages`,
      worktree: PROJECT,
      ask: (question) => Promise.resolve(void asked.push(question)),
    });
    const call = async (name: string, given: object) => {
      const answer = String(await tools[name]?.execute(given, context));
      const forModels = answer.replaceAll(/\(in the terminal: [^)]*\)/g, "");
      assert.doesNotMatch(forModels, /--(?!help)|\bnpx\b|deno task/, "no word of a terminal");
      return answer;
    };

    assert.match(await call("list_archives", {}), /^No session of \/home\/me\/shop is archived/);
    const archived = await call("archive_session", {});
    const key = /\nkey: (home_me_shop\/2026-01-01\/.*\.json)\n/.exec(archived)?.[1] ?? archived;
    assert.match(archived, /\ndefault: archived\nWhat this turn has still to come/);
    assert.match(
      await call("archive_session", { sessionId: "" }),
      /\ndefault: up to date before\n/,
    );
    assert.match(await call("archive_session", { sessionId: second.id }), /key: home_me_other\//);
    await call("archive_session", { sessionId: third.id });
    assert.match(
      await call("archive_session", { sessionId: "ses_none" }),
      /^Session ses_none was not archived\.\nno session ses_none is .*; list_archives shows what/,
    );

    const listed = (await call("list_archives", {})).split("\n").slice(1);
    const row = `${key} | 2026-01-01 | Mend the basket | /home/me/shop | ${first.messages}`;
    assert.ok(listed.includes(row), listed.join("\n"));
    assert.equal(listed.filter((one) => one.includes("| /home/me/shop/packages/till |")).length, 1);
    assert.equal(listed.length, 2);
    assert.match(await call("list_archives", { projectPath: "til" }), /^No session of .*til is/);
    assert.match(
      await call("list_archives", { projectPath: "." }),
      /Count the coins \|[^|]*\| \d+$/,
    );
    assert.equal((await call("list_archives", { projectPath: "**" })).split("\n").length, 4);
    assert.match(await call("list_archives", { projectPath: "**", limit: 1 }), /There are older/);
    assert.match(await call("list_archives", { title: "nothing like it" }), /^No such session/);
    assert.match(await call("list_archives", { backend: "minio" }), /^backend is "minio"/);
    assert.match(await call("list_archives", { projectPath: "~you" }), /^projectPath is "~you/);

    assert.match(await call("retrieve_archive", { key }), /\ntitle: Mend the basket\n/);
    let text = "";
    for (let offset: string | undefined = "0"; offset !== undefined;) {
      const page: string = await call("retrieve_archive", { key, format: "transcript", offset });
      const [head, ...rest] = page.split("\n\n");
      assert.match(head ?? "", /^Characters \d+ to \d+ of \d+\./);
      text += rest.join("\n\n");
      offset = /call it again with offset (\d+)/.exec(head ?? "")?.[1];
    }
    assert.equal(text.match(/^── (user|assistant) /gm)?.length, first.messages);
    assert.match(
      await call("retrieve_archive", { key: first.id, format: "json" }),
      /^Characters 0 to \d+ of \d+\. .*\n\n\{"id":/,
    );
    assert.match(
      await call("retrieve_archive", { key, offset: 99_999_999 }),
      /^offset is 99999999, behind the end: as transcript the conversation has \d+ characters; give/,
    );
    for (const short of [key.replace(".json", ""), `2026-01-01/${first.id}`, `${first.id}.json`]) {
      assert.ok(
        (await call("retrieve_archive", { key: short })).startsWith(`key: ${key}\n`),
        short,
      );
    }
    const twin = join(home, "data/opencode-session-archiver/archives/elsewhere/2026-01-01");
    await cp(dirname(join(twin, "../..", key)), twin, { recursive: true });
    await rm(join(home, "state"), { recursive: true });
    assert.match(
      await call("retrieve_archive", { key: first.id }),
      new RegExp(
        `^${first.id} has 2 archives; name one .*: elsewhere/.*json, home_me_shop/.*json$`,
      ),
    );
    await rm(dirname(twin), { recursive: true });
    assert.match(await call("retrieve_archive", { key: "a/b" }), /"a\/b" is no archive's key/);
    assert.match(
      await call("retrieve_archive", { key: "--help" }),
      /^no archive of a session --help is on default; list_archives shows/,
    );

    assert.match(
      await call("restore_archive", { key }),
      /cannot be put into the directory \/home\/me\/shop, which does not exist here/,
    );

    assert.equal(await call("delete_archive", { key }), `Deleted ${key} from default.`);
    assert.deepEqual(asked.map(({ patterns }) => patterns), [[key]]);
    assert.equal(asked[0]?.metadata.title, "Mend the basket");
    assert.match(
      await call("delete_archive", { key }),
      /^there is no archive .* on default; list_archives shows what there is$/,
    );
    assert.match(await call("retrieve_archive", { key }), /^there is no archive/);
    assert.equal(asked.length, 1, "nobody is asked about what is not there");

    await writeFile(join(home, "broken.yaml"), "backends: {a: {type: s4}}\n");
    const broken = archiveTools(
      hostWith({ env, configPath: join(home, "broken.yaml") }),
      runnerOf(() => testedProgram(env), env),
    );
    assert.match(String(await broken.list_archives?.execute({}, context)), /broken\.yaml.*s4/);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
