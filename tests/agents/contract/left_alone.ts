/**
 * What is left alone: files that are there, what links lead to, and all when it is only asked what would
 * happen.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { it } from "node:test";
import { archiveAll, sessionsOf, withSession } from "./archived.ts";
import { filesIn } from "./in_home.ts";
import type { TestedFileAgent } from "./tested.ts";

/** Tests that it is. */
export function leavesAlone(tested: TestedFileAgent): void {
  it("follows no link to a file elsewhere", () =>
    withSession(tested, async ({ home, agent, written: { path } }) => {
      const elsewhere = join(home, "work", "elsewhere.jsonl");
      await rename(path, elsewhere);
      await symlink(elsewhere, path);
      assert.deepEqual(await sessionsOf(agent), []);
    }));

  it("follows no link to a folder elsewhere, but from its own folder, which somebody moved", () =>
    withSession(tested, async ({ home, agent, written: { id, path } }) => {
      const [top] = relative(home, path).split(sep);
      for (let folder = dirname(path); folder !== home; folder = dirname(folder)) {
        const elsewhere = join(home, "work", "elsewhere");
        await rename(folder, elsewhere);
        await symlink(elsewhere, folder);
        const isOwn = folder === join(home, top);
        assert.deepEqual((await sessionsOf(agent)).map(({ id }) => id), isOwn ? [id] : [], folder);
        await rm(folder);
        await rename(elsewhere, folder);
      }
    }));

  it("is not upset by links that lead nowhere, or in circles", () =>
    withSession(tested, async ({ home, agent, written: { id, path } }) => {
      for (let folder = dirname(path); folder !== home; folder = dirname(folder)) {
        await symlink("circle", join(folder, "circle"));
        await symlink("nowhere", join(folder, "dangling"));
      }
      assert.deepEqual((await sessionsOf(agent)).map(({ id }) => id), [id]);
      const { archiver, keys } = await archiveAll(agent);
      await rm(path);
      const [{ status, error }] = await archiver.restore(keys.get(id)!);
      assert.deepEqual([status, error], ["restored", undefined]);
    }));

  it("says what is in the way where a folder belongs", () =>
    withSession(tested, async ({ agent, written: { id, path } }) => {
      const { archiver, keys } = await archiveAll(agent);
      await rm(dirname(path), { recursive: true });
      await writeFile(dirname(path), "");
      const [{ status, error }] = await archiver.restore(keys.get(id)!);
      assert.equal(status, "failed");
      assert.ok(error?.message.includes(`cannot write ${path} (`), error?.message);
    }));

  it("never writes over what is there", () =>
    withSession(tested, async ({ agent, written: { id, path } }) => {
      const { archiver, keys } = await archiveAll(agent);
      await writeFile(path, "something else\n");
      const [outcome] = await archiver.restore(keys.get(id)!);
      assert.equal(outcome.status, "existing");
      assert.equal(await readFile(path, "utf8"), "something else\n");
    }));

  it("writes nothing when it only says what it would do, nor where there is no such directory", () =>
    withSession(tested, async ({ home, agent, written: { id, path } }) => {
      const { archiver, keys } = await archiveAll(agent);
      await rm(dirname(path), { recursive: true });
      const before = await filesIn(home);
      const [{ status }] = await archiver.restore(keys.get(id)!, { dryRun: true });
      assert.equal(status, "would restore");
      const directory = join(home, "nowhere");
      await assert.rejects(archiver.restore(keys.get(id)!, { directory }), { code: "NotFound" });
      assert.deepEqual(await filesIn(home), before);
    }));

  it("never writes through a link", () =>
    withSession(tested, async ({ home, agent, written: { id, path } }) => {
      const { archiver, keys } = await archiveAll(agent);
      await rm(path);
      // Where there is nothing yet, too: it would be made.
      await symlink(join(home, "work", "elsewhere.jsonl"), path);
      const before = await filesIn(home);
      const [outcome] = await archiver.restore(keys.get(id)!);
      assert.equal(outcome.status, "existing");
      assert.deepEqual(await filesIn(home), before);
    }));
}
