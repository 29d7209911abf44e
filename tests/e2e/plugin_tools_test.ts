/**
 * The plugin's tools in the real OpenCode: a model calls them well and badly, and the user allows or
 * refuses what cannot be undone.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import type { Reply } from "./fake_model.ts";
import type { PluginHome } from "./plugin_home.ts";
import { pluginHomes } from "./plugin_homes.ts";
import { echo, type OpenCodeServer } from "./real_opencode.ts";

/** What a prompt makes the model do: `CALL tool {"its": "arguments"}`. */
function obedient(prompt: string): Reply {
  const [, tool, input] = /^CALL (\w+) (.*)$/s.exec(prompt) ?? [];
  if (tool) return { tool, input: JSON.parse(input) };
  // The template of the command /archive.
  return prompt.startsWith("Archive this session")
    ? { tool: "archive_session", input: {} }
    : echo(prompt);
}

/** How a call ended. */
interface Called {
  readonly status: "completed" | "error";
  /** What the model is told. */
  readonly told: string;
  /** What the model said then; nothing when the turn ended with the call. */
  readonly answer: string;
}

interface Message {
  readonly info: { readonly role: string };
  readonly parts: readonly Part[];
}

interface Part {
  readonly type: string;
  readonly text?: string;
  readonly state?: { status: Called["status"]; output?: string; error?: string };
}

interface PermissionRequest {
  readonly id: string;
  readonly permission: string;
  readonly patterns: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

describe("the plugin's tools in a real OpenCode", () => {
  const { home, serve } = pluginHomes(after);
  let where: PluginHome;
  let server: OpenCodeServer;

  const at = (path: string, project: string) => `${path}?directory=${encodeURIComponent(project)}`;

  /** A project; with what its own `opencode.json` says, if anything. */
  async function projectWith(name: string, config?: unknown): Promise<string> {
    const project = await where.project(name);
    if (config) await writeFile(join(project, "opencode.json"), JSON.stringify(config));
    return project;
  }

  /** An archived session of a project. */
  async function archivedIn(
    project: string,
    prompt = "hello",
  ): Promise<{ id: string; key: string }> {
    const id = await server.create(project);
    await server.prompt(project, id, prompt);
    const key = await where.until(
      `${id} is archived`,
      async () => (await where.keys()).find((one) => one.endsWith(`/${id}.json`)),
    );
    return { id, key };
  }

  /** How the newest call of a session ended. */
  async function lastCall(project: string, session: string): Promise<Called> {
    const messages = await server.request("GET", at(`/session/${session}/message`, project));
    const parts = (messages as Message[]).flatMap((message) => message.parts);
    const call = parts.findLastIndex(({ type }) => type === "tool");
    const state = parts[call]?.state;
    assert.ok(state, JSON.stringify(parts));
    const answers = parts.slice(call).filter(({ type }) => type === "text");
    return {
      status: state.status,
      told: state.output ?? state.error ?? "",
      answer: answers.map(({ text }) => text).join("\n"),
    };
  }

  /** Lets the model call a tool in a session of its own. */
  async function call(project: string, tool: string, input: unknown): Promise<Called> {
    return await callIn(project, await server.create(project), tool, input);
  }

  async function callIn(
    project: string,
    session: string,
    tool: string,
    input: unknown,
  ): Promise<Called> {
    await server.prompt(project, session, `CALL ${tool} ${JSON.stringify(input)}`);
    return await lastCall(project, session);
  }

  /** What the model was told; it must have heard it, and have gone on. */
  function toldIn({ status, told, answer }: Called): string {
    assert.equal(status, "completed", told);
    assert.equal(answer, `echo: ${told}`.slice(0, 200));
    return told;
  }

  const told = async (project: string, tool: string, input: unknown) =>
    toldIn(await call(project, tool, input));

  before(async () => {
    where = await home({ reply: obedient });
    server = await serve(where, await where.project("first"));
  });

  it("archive_session: the current session, another one, and none that is not there", async () => {
    const project = await where.project("archive");
    const session = await server.create(project);
    const current = toldIn(await callIn(project, session, "archive_session", {}));
    const [, key] = /^key: (.+)$/m.exec(current) ?? [];
    assert.match(current, new RegExp(`^Session ${session} is archived\\.$`, "m"));
    assert.ok(key.endsWith(`/${session}.json`), current);
    assert.ok((await where.keys()).includes(key));
    // Models send empty texts and nulls for what they leave out.
    for (const sessionId of ["", null]) {
      const again = toldIn(await callIn(project, session, "archive_session", { sessionId }));
      assert.match(again, new RegExp(`^key: ${key}$`, "m"));
    }
    const other = await archivedIn(project);
    assert.ok(
      (await told(project, "archive_session", { sessionId: other.id })).includes(other.key),
    );
    const unknown = await told(project, "archive_session", { sessionId: "ses_nobody" });
    assert.match(unknown, /^Session ses_nobody was not archived\.\n.*ses_nobody/);
    assert.equal(
      await told(project, "archive_session", { sessionId: { id: 1 } }),
      'sessionId is {"id":1}; it must be a text.',
    );
  });

  it("list_archives: this project's, all, a few, and a word about wrong conditions", async () => {
    const [project, elsewhere] = [await where.project("list"), await where.project("other – 他")];
    assert.equal(
      await told(await where.project("nothing yet"), "list_archives", {}),
      `No session of ${join(where.folder, "projects/nothing yet")} is archived. To look at all ` +
        'projects, give "**" as projectPath.',
    );
    const [one, two] = [await archivedIn(project, "the first"), await archivedIn(project)];
    const third = await archivedIn(elsewhere);
    const here = await told(project, "list_archives", {});
    assert.ok(here.includes(one.key) && here.includes(two.key), here);
    assert.ok(!here.includes(third.key), here);
    const all = await told(project, "list_archives", { projectPath: "**", limit: "100" });
    for (const { key } of [one, two, third]) assert.ok(all.includes(key), all);
    const few = await told(elsewhere, "list_archives", { projectPath: project, limit: 1 });
    assert.match(
      few,
      /\nThere are older ones: give a limit of up to 100, a title, or a narrower projectPath\.$/,
    );
    const wrong: [object, RegExp][] = [
      [{ limit: "abc" }, /^limit is "abc"; it must be a whole number from 1 to 100\.$/],
      [{ since: "yesterday" }, /^since is "yesterday"; it must be a day as /],
      [{ backend: "nowhere" }, /"nowhere".*default/],
      [{ title: "no session has this title" }, /^No such session of /],
    ];
    for (const [input, answer] of wrong) {
      assert.match(await told(project, "list_archives", input), answer);
    }
  });

  it("list_archives: those of the whole checkout, from its top and from a folder in it", async () => {
    const top = await where.project("checkout");
    await promisify(execFile)("git", ["init", "--quiet", top]);
    const below = await where.project("checkout/packages/till");
    const keys = [(await archivedIn(top)).key, (await archivedIn(below)).key];
    const beside = await archivedIn(await where.project("checkout_too"));
    for (const project of [top, below]) {
      const listed = await told(project, "list_archives", {});
      for (const key of keys) assert.ok(listed.includes(key), `${key} from ${project}: ${listed}`);
      assert.ok(!listed.includes(beside.key), listed);
    }
    const lower = await told(top, "list_archives", { projectPath: "packages" });
    assert.ok(lower.includes(keys[1]) && !lower.includes(keys[0]), lower);
  });

  it("retrieve_archive: a summary, the conversation in pages, and why there is none", async () => {
    const project = await where.project("retrieve");
    const { id, key } = await archivedIn(project, "Remember the swordfish.");
    const summary = await told(project, "retrieve_archive", { key });
    assert.ok(summary.startsWith(`key: ${key}\n`), summary);
    assert.match(summary, /\nfirst prompt: .*swordfish/);
    for (const short of [id, key.replace(/\.json$/, "")]) {
      assert.match(await told(project, "retrieve_archive", { key: short }), /swordfish/);
    }
    const transcript = await told(project, "retrieve_archive", { key, format: "transcript" });
    assert.match(transcript, /Remember the swordfish\.[^]*echo: Remember the swordfish\./);
    const json = await told(project, "retrieve_archive", { key, format: "json" });
    const messages = json.trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(messages.length, 2);
    const rest = await told(project, "retrieve_archive", { key, offset: 10 });
    assert.match(rest, /^Characters 10 to \d+ of \d+\. This is the last page\.\n\n/);
    const wrong: [object, RegExp][] = [
      [{}, /^key is missing; it must be an archive's key/],
      [{ key: "a/2026-01-31/ses_nobody.json" }, /a\/2026-01-31\/ses_nobody\.json/],
      [{ key: "../../etc/passwd" }, /\.\.\/\.\.\/etc\/passwd/],
      [{ key, offset: 99_999 }, /^offset is 99999, behind the end: as transcript .* give less$/],
      [{ key, format: "yaml" }, /^format is "yaml"; it must be one of summary, transcript, json/],
      [{ key, offset: -1 }, /^offset is -1; it must be a whole number of 0 or more\.$/],
    ];
    for (const [input, answer] of wrong) {
      assert.match(await told(project, "retrieve_archive", input), answer);
    }
  });

  it("restore_archive: what was deleted is back in OpenCode's list, what is there is left", async () => {
    const project = await where.project("restore");
    const { id, key } = await archivedIn(project, "Bring me back.");
    const listed = async () =>
      (await server.request("GET", at("/session", project)) as { id: string }[]).map(({ id }) =>
        id
      );
    const messages = () => server.request("GET", at(`/session/${id}/message`, project));
    const original = await messages();
    assert.match(
      await told(project, "restore_archive", { key }),
      new RegExp(`^OpenCode has session ${id} already, and it was left alone\\.`),
    );
    await server.request("DELETE", at(`/session/${id}`, project));
    assert.ok(!(await listed()).includes(id));
    const back = await told(project, "restore_archive", { key });
    assert.match(back, new RegExp(`^Restored session ${id}; it is in OpenCode's list`));
    assert.ok((await listed()).includes(id));
    assert.deepEqual(await messages(), original);
    const copy = await told(project, "restore_archive", { key, newId: "true" });
    const [, fresh] = /^Restored session \S+ as (ses_\w+);/.exec(copy) ?? [];
    assert.ok(fresh && (await listed()).includes(fresh), copy);
    const wrong: [object, RegExp][] = [
      [{ key: "" }, /^key is missing/],
      [{ key, newId: "perhaps" }, /^newId is "perhaps"; it must be true or false\.$/],
      [{ key: "ses_nobody" }, /ses_nobody/],
    ];
    for (const [input, answer] of wrong) {
      assert.match(await told(project, "restore_archive", input), answer);
    }
  });

  it("delete_archive: at once where all is allowed, and a word about what is not there", async () => {
    const project = await where.project("delete");
    const { key } = await archivedIn(project);
    assert.match(await told(project, "delete_archive", {}), /^key is missing/);
    assert.match(await told(project, "delete_archive", { key: "ses_nobody" }), /ses_nobody/);
    assert.match(await told(project, "delete_archive", { key, backend: "gone" }), /"gone"/);
    assert.ok((await where.keys()).includes(key));
    assert.equal(await told(project, "delete_archive", { key }), `Deleted ${key} from default.`);
    assert.ok(!(await where.keys()).includes(key));
    assert.ok((await told(project, "delete_archive", { key })).includes(key));
  });

  /** Lets the model delete, and the user answer. */
  async function deleteAsked(
    project: string,
    key: string,
    answer: { reply: "once" | "always" | "reject"; message?: string },
  ): Promise<{ asked: PermissionRequest; ended: Called }> {
    const session = await server.create(project);
    const prompted = server.prompt(
      project,
      session,
      `CALL delete_archive ${JSON.stringify({ key })}`,
    );
    const asking = where.until("the user is asked", async () => {
      return (await server.request("GET", at("/permission", project)) as PermissionRequest[])[0];
    });
    const asked = await Promise.race([asking, prompted.then(() => asking)]);
    assert.ok((await where.keys()).includes(key), "nothing is deleted before the user said so");
    await server.request("POST", at(`/permission/${asked.id}/reply`, project), answer);
    await prompted;
    return { asked, ended: await lastCall(project, session) };
  }

  it("delete_archive asks where it shall, names what would go, and does as the user says", async () => {
    const project = await projectWith("ask", { permission: { delete_archive: "ask" } });
    const [one, two, three] = [
      await archivedIn(project),
      await archivedIn(project),
      await archivedIn(project),
    ];
    const rejected = await deleteAsked(project, one.key, { reply: "reject" });
    assert.equal(rejected.asked.permission, "delete_archive");
    assert.deepEqual(rejected.asked.patterns, [one.key]);
    const { key, project: path, from } = rejected.asked.metadata;
    assert.deepEqual([key, path, from], [one.key, project, ["default"]]);
    assert.equal(rejected.ended.status, "error");
    assert.equal(rejected.ended.answer, "", "a refusal ends the turn");

    const corrected = await deleteAsked(project, one.key, { reply: "reject", message: "Not now" });
    assert.equal(corrected.ended.status, "error");
    assert.match(corrected.ended.answer, /^echo: .*Not now/s);
    assert.ok((await where.keys()).includes(one.key));

    for (const { key } of [one, two, three]) {
      // Allowing one is no leave for others, even if the user says always.
      const { ended } = await deleteAsked(project, key, {
        reply: key === two.key ? "always" : "once",
      });
      assert.equal(toldIn(ended), `Deleted ${key} from default.`);
      assert.ok(!(await where.keys()).includes(key));
    }
  });

  it("delete_archive deletes nothing that is denied, and the turn goes on", async () => {
    const denied = await projectWith("denied", { permission: { delete_archive: "deny" } });
    const kept = await archivedIn(denied);
    const whole = await call(denied, "delete_archive", { key: kept.key });
    assert.match(whole.answer, /^echo: /);
    assert.ok((await where.keys()).includes(kept.key), whole.told);

    const partly = await projectWith("partly", {
      permission: { delete_archive: { "*": "allow", "*precious*": "deny" } },
    });
    const [precious, other] = [
      await archivedIn(await where.project("precious")),
      await archivedIn(partly),
    ];
    const refused = await call(partly, "delete_archive", { key: precious.key });
    assert.equal(refused.status, "error");
    assert.match(refused.answer, /^echo: /);
    assert.ok((await where.keys()).includes(precious.key));
    const allowed = await told(partly, "delete_archive", { key: other.key });
    assert.equal(allowed, `Deleted ${other.key} from default.`);
  });

  it("adds the command /archive, unless the user has one", async () => {
    const project = await where.project("command");
    const own = { archive: { template: "Mine", description: "Mine too" } };
    const occupied = await projectWith("occupied", { command: own });
    const described = async (directory: string) => {
      const commands = await server.request("GET", at("/command", directory));
      const named = (commands as { name: string; description: string }[])
        .filter(({ name }) => name === "archive");
      return named.map(({ description }) => description);
    };
    assert.deepEqual(await described(occupied), ["Mine too"]);
    const [description, ...more] = await described(project);
    assert.match(description, /^Archive this session now/);
    assert.deepEqual(more, []);
    const session = await server.create(project);
    const body = { command: "archive", arguments: "" };
    await server.request("POST", at(`/session/${session}/command`, project), body);
    const called = toldIn(await lastCall(project, session));
    assert.match(called, new RegExp(`^Session ${session} is archived\\.$`, "m"));
  });
});
