/**
 * Bringing sessions back: nothing of them is missing, and nothing that is there is touched.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import type { Agent } from "../../../core/agent.ts";
import {
  all,
  archiveAll,
  linesOf,
  onlySession,
  read,
  restorable,
  sessionsOf,
  withSession,
} from "./archived.ts";
import type { TestedAgent, WrittenSession } from "./tested.ts";

/** Nobody says so otherwise. */
const MARK = "heretofore-unheard-of";

/** Tests it. */
export function bringsBack<Written extends WrittenSession>(tested: TestedAgent<Written>): void {
  it("brings back a session that was lost, and all that is in it, known or not", () =>
    withSession(tested, async ({ home, agent, written }) => {
      await tested.addUnknown(home, written, MARK);
      const before = await contentOf(agent);
      assert.ok(JSON.stringify(before).includes(MARK));
      const archived = await archiveAll(agent);
      await all(archived.archiver.verify()).then((outcomes) =>
        assert.deepEqual(outcomes.map(({ status }) => status), ["ok"])
      );
      await tested.remove(home, written);
      assert.deepEqual(await sessionsOf(agent), []);
      const [outcome] = await archived.archiver.restore(archived.keys.get(written.id)!);
      if (outcome.error) throw outcome.error;
      assert.deepEqual([outcome.status, outcome.id], ["restored", written.id]);
      assert.deepEqual(outcome.differences, []);
      assert.deepEqual(await contentOf(tested.open(home)), before);
    }));

  it("leaves alone what is there", () =>
    withSession(tested, async ({ home, agent, written }) => {
      const { archiver, keys } = await archiveAll(agent);
      await tested.addUnknown(home, written, MARK);
      const before = await onlySession(agent);
      const [outcome] = await archiver.restore(keys.get(written.id)!);
      assert.deepEqual([outcome.status, outcome.id], ["existing", written.id]);
      assert.deepEqual(await onlySession(tested.open(home)), before);
    }));

  it("puts one beside it when it is told to, or says that it cannot", () =>
    withSession(tested, async ({ home, agent, written }) => {
      const before = await onlySession(agent);
      const archive = await restorable(await archiveAll(agent), written.id);
      const outcomes = await agent.restore!([archive], { newId: true })
        .catch((error) => assert.equal(error.code, "NotSupported", String(error)));
      const after = await sessionsOf(tested.open(home));
      assert.deepEqual(after.find(({ id }) => id === written.id), before);
      const ids = after.map(({ id }) => id).filter((id) => id !== written.id);
      assert.deepEqual(ids, outcomes ? outcomes.map(({ id }) => id) : []);
    }));

  it("only says what it would do when that is all it is asked for", () =>
    withSession(tested, async ({ home, agent, written }) => {
      const { archiver, keys } = await archiveAll(agent);
      const key = keys.get(written.id)!;
      const status = async () => (await archiver.restore(key, { dryRun: true }))[0].status;
      assert.equal(await status(), "existing");
      await tested.remove(home, written);
      assert.equal(await status(), "would restore");
      assert.deepEqual(await sessionsOf(tested.open(home)), []);
    }));

  it("puts a session into another directory", () =>
    withSession(tested, async ({ home, agent, written, said }) => {
      const { archiver, keys } = await archiveAll(agent);
      await tested.remove(home, written);
      const directory = join(home, "work", "elsewhere");
      await mkdir(directory);
      const [outcome] = await archiver.restore(keys.get(written.id)!, { directory });
      if (outcome.error) throw outcome.error;
      assert.deepEqual([outcome.status, outcome.directory], ["restored", directory]);
      const found = await onlySession(tested.open(home));
      assert.equal(found.id, outcome.id);
      // Where the records tell the directory, it is still the old one.
      assert.ok([directory, said.projectPath].includes(found.projectPath), found.projectPath);
      const again = await archiver.restore(keys.get(written.id)!, { directory });
      assert.deepEqual(again.map(({ status }) => status), ["existing"]);
    }));
}

/** What must not get lost of the only session. */
async function contentOf(agent: Agent) {
  const { lines, loaded } = await read(agent, await onlySession(agent));
  const units = await all(agent.units(linesOf(lines)));
  const transcript = await all(agent.transcript(linesOf(lines)));
  return { units, transcript, createdAt: loaded.createdAt, summary: loaded.summary() };
}
