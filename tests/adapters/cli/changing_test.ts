import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onStage, session, type Stage } from "./stage.ts";

const KEY = "home_me_project/2026-01-31/one.json";
const TWO = [session("one", { title: "The first" }), session("two")];

async function damage({ archives }: Stage): Promise<void> {
  const file = join(archives, KEY);
  await writeFile(file, (await readFile(file, "utf8")).replace("Hello", "Jello"));
}

describe("archive delete", () => {
  it("asks with key, size, project and title, and deletes after a yes", () =>
    onStage(TWO, async ({ archive }) => {
      await archive([]);
      const asked: string[] = [];
      const { code, stdout, stderr } = await archive(["delete", "one"], {
        confirm: (question) => Promise.resolve(asked.push(question) > 0),
      });
      assert.equal(code, 0);
      assert.deepEqual(asked, ["Delete 1 archive for good?"]);
      assert.match(stderr, /one\.json {2}\d+ B {2}\/home\/me\/project {2}The first/);
      assert.equal(stdout, `deleted ${KEY} from default\n`);
      assert.equal((await archive(["get", KEY])).code, 1);
    }));

  it("deletes nothing after a no", () =>
    onStage(TWO, async ({ archive }) => {
      await archive([]);
      const { code, stderr } = await archive(["delete", "one"], {
        confirm: () => Promise.resolve(false),
      });
      assert.equal(code, 1);
      assert.match(stderr, /nothing was deleted/);
      assert.equal((await archive(["get", KEY])).code, 0);
    }));

  it("exits with 2 when nobody is there to ask, unless --yes is given", () =>
    onStage(TWO, async ({ archive }) => {
      await archive([]);
      const { code, stderr } = await archive(["delete", "one"]);
      assert.equal(code, 2);
      assert.match(stderr, /nobody is here to ask; add --yes/);
      assert.equal((await archive(["get", KEY])).code, 0);
      const shown = await archive(["delete", "one", "two", "--yes", "--json"]);
      assert.deepEqual(shown.json(), [
        { key: KEY, backends: ["default"], versions: [] },
        { key: KEY.replace("one", "two"), backends: ["default"], versions: [] },
      ]);
    }));

  it("is respected by runs until the session changes or is named", () =>
    onStage(TWO, async ({ archive, agent }) => {
      await archive([]);
      await archive(["delete", "one", "--yes"]);
      assert.equal(
        (await archive([])).stdout,
        "1 unchanged, 1 skipped because you deleted their archives\n",
      );
      assert.match((await archive(["--session", "one"])).stdout, /^archived 1 session /);
      await archive(["delete", "one", "--yes"]);
      agent.set(session("one", { title: "It goes on" }));
      assert.match((await archive([])).stdout, /^archived 1 session /);
    }));

  it("names kept versions, which stay", () =>
    onStage(TWO, async ({ archive, agent }) => {
      await archive([]);
      agent.set(session("one", { messages: [] }));
      await archive([]);
      const { stderr } = await archive(["delete", "one", "--yes"]);
      const [version] = /home_me_project\S+one~[0-9a-f]{8}\.json/.exec(stderr) ?? [];
      assert.ok(version, stderr);
      assert.equal((await archive(["get", version])).code, 0);
    }));

  it("deletes nothing when one of several is wrong", () =>
    onStage(TWO, async ({ archive }) => {
      await archive([]);
      const { code, stderr } = await archive(["delete", "one", KEY.replace("one", "x"), "--yes"]);
      assert.equal(code, 1);
      assert.match(stderr, /there is no archive home_me.*x\.json/);
      assert.equal((await archive(["get", KEY])).code, 0);
    }));
});

describe("archive restore", () => {
  it("puts a session back, with those it started", () =>
    onStage(
      [session("one"), session("child", { parentId: "one" })],
      async ({ archive, agent, home }) => {
        await archive([]);
        agent.remove("one");
        agent.remove("child");
        const dry = await archive(["restore", "one", "--dry-run"]);
        assert.equal(dry.stdout.split("\n")[0], "would restore one into /home/me/project");
        assert.equal(agent.get("one"), undefined);
        const { code, stdout } = await archive(["restore", "one", "--into", "x"]);
        assert.equal(code, 0);
        assert.equal(
          stdout,
          `restored one into ${join(home, "x")}\nrestored child into ${join(home, "x")}\n`,
        );
        assert.equal(agent.get("child")?.parentId, "one");
      },
    ));

  it("leaves children out with --no-children", () =>
    onStage([session("one"), session("child", { parentId: "one" })], async ({ archive, agent }) => {
      await archive([]);
      agent.remove("one");
      agent.remove("child");
      const shown = await archive(["restore", "one", "--no-children", "--json"]);
      assert.deepEqual(shown.json(), [{
        archivedId: "one",
        id: "one",
        status: "restored",
        directory: "/home/me/project",
        differences: [],
        notes: [],
      }]);
      assert.equal(agent.get("child"), undefined);
    }));

  it("reports an existing session as existing, with a way out that works", () =>
    onStage(TWO, async ({ archive }) => {
      await archive([]);
      const { code, stdout, stderr } = await archive(["restore", "one", "--quiet"]);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, /^error: the agent has a session one already, .*--new-id/);
      const copy = await archive(["restore", "one", "--new-id"]);
      assert.equal(copy.code, 0);
      assert.match(copy.stdout, /^restored one as one\..+ into \/home\/me\/project\n$/);
    }));

  it("exits with 1 and names what came back different", () =>
    onStage(TWO, async ({ archive, agent }) => {
      await archive([]);
      const lossy = Object.assign(Object.create(agent), {
        name: agent.name,
        units: agent.units.bind(agent),
        restore: () =>
          Promise.resolve([{
            archivedId: "one",
            id: "one",
            status: "restored",
            directory: "/d",
            differences: ["todos are gone"],
            notes: ["OpenCode imports no todos"],
          }]),
      });
      const { code, stderr } = await archive(["restore", "one"], { agents: [lossy] });
      assert.equal(code, 1);
      assert.match(stderr, /^error: what came back of one differs .*: todos are gone$/m);
      assert.match(stderr, /^note: one: OpenCode imports no todos$/m);
    }));

  it("does not touch the agent when the archive is damaged", () =>
    onStage(TWO, async (stage) => {
      await stage.archive([]);
      stage.agent.remove("one");
      await damage(stage);
      const { code, stderr } = await stage.archive(["restore", "one"]);
      assert.equal(code, 1);
      assert.match(stderr, /is damaged/);
      assert.equal(stage.agent.get("one"), undefined);
    }));
});
