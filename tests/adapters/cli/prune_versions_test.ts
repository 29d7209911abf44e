import assert from "node:assert/strict";
import { readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { onStage, session, type Stage } from "./stage.ts";

const KEY = "home_me_project/2026-01-31/one.json";
const DAY = 86_400_000;

interface Json {
  readonly versions: readonly {
    readonly key: string;
    readonly archive: string;
    readonly backend: string;
    readonly size: number;
    readonly messages: number;
    readonly keptAt: string;
    readonly status: string;
    readonly error?: { readonly code: string };
  }[];
  readonly bytes: number;
  readonly stay: number;
  readonly problems: readonly { readonly archive: string; readonly problem: string }[];
}

function state(id: string, number: number, messages: number) {
  const texts = Array.from({ length: messages }, (_, index) => `${number}-${index}`);
  return session(id, {
    messages: texts.map((text) => ({ id: `${id}-${text}`, role: "user", text })),
  });
}

/** Archives states of a session without anything in common, so that all but the last are versions. */
async function archiveStates(
  { agent, archive }: Stage,
  id: string,
  counts: readonly number[],
): Promise<void> {
  for (const [number, count] of counts.entries()) {
    agent.set(state(id, number, count));
    assert.equal((await archive(["--session", id])).code, 0);
  }
}

async function versions({ archives }: Stage): Promise<string[]> {
  const found = await readdir(join(archives, "home_me_project", "2026-01-31"));
  return found.filter((name) => name.includes("~")).sort();
}

/** Makes each version a day older than the one that was kept after it. */
async function age(stage: Stage, days: Readonly<Record<number, number>>): Promise<void> {
  const folder = join(stage.archives, "home_me_project", "2026-01-31");
  for (const name of await versions(stage)) {
    const { summary } = JSON.parse(await readFile(join(folder, name), "utf8"));
    const at = new Date(Date.now() - (days[summary.messages] ?? 0) * DAY);
    await utimes(join(folder, name), at, at);
  }
}

/** A stage on which versions of 3, 9, 1 and 2 messages were kept, in this order. */
function withVersions(play: (stage: Stage) => Promise<void>): Promise<void> {
  return onStage([], async (stage) => {
    await archiveStates(stage, "one", [3, 9, 1, 2, 4]);
    await age(stage, { 3: 40, 9: 30, 1: 20, 2: 10 });
    await play(stage);
  });
}

describe("archive prune-versions", () => {
  it("says which versions could go, with their sizes and the sum, and deletes nothing", () =>
    withVersions(async (stage) => {
      const before = await versions(stage);
      const { code, stdout, stderr } = await stage.archive(["prune-versions"]);
      assert.deepEqual([code, stderr], [0, ""]);
      const lines = stdout.trimEnd().split("\n");
      assert.equal(lines.length, 3);
      assert.match(
        lines[0],
        /^would delete home_me_project\/2026-01-31\/one~[0-9a-f]{8}\.json {2}\d+ B {2}1 message {2}kept 20/,
      );
      assert.match(lines[1], / 3 messages /);
      assert.match(lines[2], /^2 kept versions \([\d.]+ K?B\) would go, 2 stay; add --delete to/);
      assert.deepEqual(await versions(stage), before);
    }));

  it("deletes with --delete after a yes, and none of those that stay", () =>
    withVersions(async (stage) => {
      const asked: string[] = [];
      const { code, stdout, stderr } = await stage.archive(["prune-versions", "--delete"], {
        confirm: (question) => Promise.resolve(asked.push(question) > 0),
      });
      assert.equal(code, 0, stderr);
      assert.match(asked.join("\n"), /^Delete 2 kept versions \([\d.]+ K?B\) for good\?$/);
      assert.equal(stderr.trimEnd().split("\n").length, 2, "each is named before the question");
      assert.match(stdout, /^deleted home_me.*one~[0-9a-f]{8}\.json from default\n/);
      assert.match(stdout, /\ndeleted 2 kept versions \([\d.]+ K?B\), 2 stay\n$/);
      assert.equal((await versions(stage)).length, 2);
      const rows = (await stage.archive(["list", "--versions", "--json"]))
        .json<{ messages: number }[]>();
      assert.deepEqual(rows.map(({ messages }) => messages).sort(), [2, 4, 9]);
      const again = await stage.archive(["prune-versions", "--delete", "--yes"]);
      assert.deepEqual([again.code, again.stdout], [
        0,
        "no kept version may go (2 kept versions in all)\n",
      ]);
    }));

  it("deletes nothing after a no, and where nobody can be asked", () =>
    withVersions(async (stage) => {
      const no = await stage.archive(["prune-versions", "--delete"], {
        confirm: () => Promise.resolve(false),
      });
      assert.equal(no.code, 1);
      assert.match(no.stderr, /note: nothing was deleted/);
      const nobody = await stage.archive(["prune-versions", "--delete"]);
      assert.equal(nobody.code, 2);
      assert.match(nobody.stderr, /nobody is here to ask; add --yes/);
      assert.equal((await versions(stage)).length, 4);
    }));

  it("goes by --keep, --older-than, --project and keys", () =>
    withVersions(async (stage) => {
      await archiveStates(stage, "two", [9, 1, 2, 3]);
      const messages = async (...argv: string[]) => {
        const shown = await stage.archive(["prune-versions", "--json", ...argv]);
        assert.equal(shown.code, 0, shown.stderr);
        return shown.json<Json>().versions.map(({ messages }) => messages).sort();
      };
      assert.deepEqual(await messages(), [1, 1, 3]);
      assert.deepEqual(await messages("one"), [1, 3]);
      assert.deepEqual(await messages(KEY, "two"), [1, 1, 3]);
      assert.deepEqual(await messages("--keep", "2"), [3]);
      assert.deepEqual(await messages("--older-than", "30d"), [3]);
      assert.deepEqual(await messages("--older-than", "8w"), []);
      assert.deepEqual(await messages("--older-than", "400h"), [1, 3]);
      assert.deepEqual(await messages("--project", "/home/me/project"), [1, 1, 3]);
      assert.deepEqual(await messages("--project", "/home/you/**"), []);
    }));

  it("tells all in JSON, before and after", () =>
    withVersions(async ({ archive }) => {
      const before = (await archive(["prune-versions", "--json"])).json<Json>();
      const after = (await archive(["prune-versions", "--json", "--delete", "--yes"])).json<Json>();
      const [{ key, size, keptAt, ...rest }] = before.versions;
      assert.match(key, /^home_me_project\/2026-01-31\/one~[0-9a-f]{8}\.json$/);
      assert.ok(size > 100 && !Number.isNaN(Date.parse(keptAt)));
      assert.deepEqual(rest, {
        ...{ messages: 1, archive: KEY, backend: "default", status: "would delete" },
      });
      assert.equal(before.bytes, before.versions.reduce((sum, one) => sum + one.size, 0));
      assert.deepEqual([before.stay, before.problems], [2, []]);
      const deleted = before.versions.map((one) => ({ ...one, status: "deleted" }));
      assert.deepEqual(after, { ...before, versions: deleted });
    }));

  it("lets all stay where the archive is missing, and says so", () =>
    withVersions(async (stage) => {
      await rm(join(stage.archives, KEY));
      const { code, stdout, stderr } = await stage.archive(["prune-versions"]);
      assert.deepEqual([code, stdout], [0, "no kept version may go (4 kept versions in all)\n"]);
      assert.match(stderr, /^note: .*all versions stay: there is no such archive\n$/);
      const { problems } = (await stage.archive(["prune-versions", "--json"])).json<Json>();
      assert.deepEqual(problems.map(({ archive }) => archive), [KEY]);
    }));

  it("deletes nothing of a session whose archive turns out to be damaged, but others'", () =>
    withVersions(async (stage) => {
      await archiveStates(stage, "two", [9, 1, 2, 3]);
      const file = join(stage.archives, KEY);
      await writeFile(file, (await readFile(file, "utf8")).replace("4-0", "4-9"));
      const shown = await stage.archive(["prune-versions", "--delete", "--yes", "--json"]);
      assert.equal(shown.code, 1);
      assert.match(shown.stderr, /no version of home_me.*one\.json on default was deleted, since/);
      const { versions: told } = shown.json<Json>();
      assert.deepEqual(
        told.map(({ archive, status, error }) => [archive, status, error?.code]),
        [
          [KEY, "failed", "Corrupt"],
          [KEY, "failed", "Corrupt"],
          [KEY.replace("one", "two"), "deleted", undefined],
        ],
      );
      assert.equal((await versions(stage)).filter((name) => name.startsWith("one")).length, 4);
    }));

  it("refuses the key of a version, and a span that is none", () =>
    withVersions(async (stage) => {
      const [version] = await versions(stage);
      const named = await stage.archive([
        "prune-versions",
        `home_me_project/2026-01-31/${version}`,
      ]);
      assert.equal(named.code, 2);
      assert.match(named.stderr, /is a version itself; name its archive/);
      for (const span of ["30", "1m", "d", "-1d"]) {
        const { code, stderr } = await stage.archive(["prune-versions", `--older-than=${span}`]);
        assert.equal(code, 2);
        assert.match(stderr, /give a number of hours, days or weeks, as 12h, 30d or 8w/);
      }
      assert.equal((await stage.archive(["prune-versions", "--keep", "0"])).code, 2);
      assert.equal((await stage.archive(["prune-versions", "nobody"])).code, 1);
    }));
});
