import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { onStage, session, type Stage } from "./stage.ts";

const KEY = "home_me_project/2026-01-31/one.json";

interface Json {
  readonly copies: readonly {
    readonly key: string;
    readonly backend: string;
    readonly status: string;
    readonly problem: string;
    readonly from?: { readonly source: string; readonly backend?: string };
  }[];
}

/** A stage on which a session is archived in two folders. */
function withMirrors(
  play: (stage: Stage, path: (backend: string) => string) => Promise<void>,
): Promise<void> {
  return onStage([session("one")], async (stage) => {
    const path = (backend: string) => join(stage.archives, backend, KEY);
    const folder = (name: string) => `{ type: file, path: ${join(stage.archives, name)} }`;
    await stage.configure(`backends: { near: ${folder("near")}, far: ${folder("far")} }
default: [near, far]
`);
    const { code, stderr } = await stage.archive([]);
    assert.equal(code, 0, stderr);
    await play(stage, path);
  });
}

async function damage(path: string): Promise<void> {
  await writeFile(path, (await readFile(path, "utf8")).slice(0, -9));
}

describe("archive repair", () => {
  it("says where a good copy is, and brings it back with --yes", () =>
    withMirrors(async (stage, path) => {
      const good = await readFile(path("far"), "utf8");
      await damage(path("near"));
      stage.agent.remove("one");
      const dry = await stage.archive(["repair", "--all"]);
      assert.equal(dry.code, 0, dry.stderr);
      assert.match(
        dry.stdout,
        /^would repair .*one\.json on near from far \(.*cut off or damaged/m,
      );
      assert.match(dry.stdout, /^1 copy can be repaired; add --yes to do it$/m);
      assert.notEqual(await readFile(path("near"), "utf8"), good);
      const done = await stage.archive(["repair", "--all", "--yes"]);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /^repaired .*one\.json on near from far/m);
      assert.match(done.stdout, /^repaired 1 copy$/m);
      assert.equal(await readFile(path("near"), "utf8"), good);
      const again = await stage.archive(["repair", "--all", "--yes"]);
      assert.deepEqual([again.code, again.stdout], [0, "nothing is to be repaired\n"]);
      assert.equal((await stage.archive(["verify", "--all"])).code, 0);
    }));

  it("names one archive by its id, and tells all in JSON", () =>
    withMirrors(async (stage, path) => {
      await rm(path("far"));
      const { code, json } = await stage.archive(["repair", "one", "--yes", "--json"]);
      assert.equal(code, 0);
      const { copies } = json<Json>();
      assert.deepEqual(copies.map(({ backend, status }) => [backend, status]), [
        ["far", "repaired"],
      ]);
      assert.deepEqual(copies[0].from, { source: "mirror", backend: "near" });
    }));

  it("takes the good copy from a backend that was not chosen", () =>
    withMirrors(async (stage, path) => {
      await damage(path("near"));
      const other = await stage.archive(["repair", "--all", "--yes", "--backend", "far"]);
      assert.deepEqual([other.code, other.stdout], [0, "nothing is to be repaired\n"]);
      const own = await stage.archive(["repair", "--all", "--yes", "--backend", "near"]);
      assert.match(own.stdout, /^repaired .* on near from far/m);
    }));

  it("exits with 1 and names what nothing can repair", () =>
    withMirrors(async (stage, path) => {
      for (const name of ["near", "far"]) await damage(path(name));
      stage.agent.remove("one");
      const { code, stdout, stderr } = await stage.archive(["repair", "--all", "--yes"]);
      assert.equal(code, 1);
      assert.match(stderr, /one\.json on near cannot be repaired from anywhere: /);
      assert.match(stdout, /^repaired 0 copies, 2 hopeless$/m);
    }));

  it("wants keys or --all", () =>
    withMirrors(async (stage) => {
      for (const args of [[], ["one", "--all"]]) {
        const { code, stderr } = await stage.archive(["repair", ...args]);
        assert.equal(code, 2);
        assert.match(stderr, /name the archives to repair by key or session id, or all/);
      }
    }));
});
