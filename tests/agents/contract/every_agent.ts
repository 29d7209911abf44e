/**
 * What holds for every agent, wherever it keeps its sessions: they are found and told apart, and what
 * stands in them is read.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import { checkSessionId } from "../../../core/keys/session_id.ts";
import {
  all,
  archiveAll,
  linesOf,
  onlySession,
  read,
  sessionsOf,
  withSession,
} from "./archived.ts";
import { inHome } from "./in_home.ts";
import type { TestedAgent, WrittenSession } from "./tested.ts";

const NEVER = "2999-01-01T00:00:00.000Z";
/** No agent has a session that is called so, and none looks for a file of that name. */
const NO_IDS = ["nobody", "", ".", "..", "../../etc/passwd", "/etc/passwd", "a\\b", "a\0b", "~"];

/** Tests that sessions are found. */
export function findsSessions<Written extends WrittenSession>(tested: TestedAgent<Written>): void {
  it("finds its sessions, where each belongs, and what it is called", () =>
    withSession(tested, async ({ agent, written, said }) => {
      const { store, ...session } = await onlySession(agent);
      assert.deepEqual([session.agent, session.id], [tested.name, written.id]);
      assert.equal(session.projectPath, said.projectPath);
      assert.match(session.updatedAt, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
      assert.ok((await agent.detect()).stores.includes(store));
      const { archiver } = await archiveAll(agent);
      const [entry] = await all(archiver.list());
      assert.deepEqual([entry.id, entry.title], [written.id, said.prompt]);
      assert.match(entry.createdAt, /^\d{4}-\d\d-\d\dT/);
    }));

  it("has nothing where it was never used, and tells where it looked", () =>
    inHome(async (home) => {
      const agent = tested.open(join(home, "nobody"));
      assert.deepEqual(await sessionsOf(agent), []);
      assert.notDeepEqual((await agent.detect()).looked, []);
    }));

  it("gives sessions ids that can be names of files, and that stay", () =>
    withSession(tested, async ({ home, agent, written }) => {
      const { id } = await onlySession(agent);
      assert.equal(checkSessionId(id), id);
      await tested.addUnknown(home, written, "more");
      assert.equal((await onlySession(agent)).id, id);
      assert.equal((await onlySession(tested.open(home))).id, id);
    }));

  it("gives a session another token whenever it changed, and only then", () =>
    withSession(tested, async ({ home, agent, written }) => {
      const first = await onlySession(agent);
      assert.deepEqual(await onlySession(agent), first);
      assert.deepEqual(await onlySession(tested.open(home)), first);
      assert.equal((await read(agent, first)).loaded.token, first.token);
      await tested.addUnknown(home, written, "more");
      const second = await onlySession(agent);
      assert.notEqual(second.token, first.token);
      assert.equal((await read(agent, second)).loaded.token, second.token);
    }));

  it("finds those that are asked for, by id, by store and by time", () =>
    withSession(tested, async ({ agent, written }) => {
      const { id, store } = await onlySession(agent);
      const found = async (filter: Parameters<typeof sessionsOf>[1]) =>
        (await sessionsOf(agent, filter)).map(({ id }) => id);
      assert.deepEqual(await found({ ids: [written.id, "nobody"] }), [id]);
      assert.deepEqual(await found({ ids: ["nobody"] }), []);
      assert.deepEqual(await found({ stores: [store] }), [id]);
      assert.deepEqual(await found({ stores: [] }), []);
      assert.deepEqual(await found({ since: NEVER }), []);
      assert.deepEqual(await found({ since: "1999-01-01T00:00:00.000Z" }), [id]);
    }));

  it("says so when it has no such session, whatever it is called", () =>
    withSession(tested, async ({ agent }) => {
      const session = await onlySession(agent);
      for (const id of NO_IDS) {
        await assert.rejects(read(agent, { ...session, id }), { code: "NotFound" }, id);
      }
    }));
}

/** Tests what is read of a session. */
export function readsSessions<Written extends WrittenSession>(tested: TestedAgent<Written>): void {
  it("reads a session as lines, which together are one JSON object", () =>
    withSession(tested, async ({ agent, written, said }) => {
      const session = await onlySession(agent);
      const { lines, loaded } = await read(agent, session);
      assert.deepEqual(lines.filter((line) => line.includes("\n")), []);
      assert.equal(typeof JSON.parse(lines.join("\n")), "object");
      assert.deepEqual([loaded.id, loaded.projectPath], [written.id, said.projectPath]);
      assert.deepEqual(loaded.warnings(), []);
      assert.deepEqual((await read(agent, session)).lines, lines);
    }));

  it("takes a session apart into things that stay what they are when more is said", () =>
    withSession(tested, async ({ home, agent, written }) => {
      const before = await unitsNow();
      await tested.addUnknown(home, written, "more");
      const after = await unitsNow();
      assert.ok(before.size > 0);
      assert.deepEqual([...before.keys()].filter((id) => !after.has(id)), []);

      /** What each says, by its id. */
      async function unitsNow(): Promise<Map<string, unknown>> {
        const { lines } = await read(agent, await onlySession(agent));
        const units = await all(agent.units(linesOf(lines)));
        const byId = new Map(units.map(({ id, value }) => [id, value]));
        assert.equal(byId.size, units.length, "two things have one id");
        return byId;
      }
    }));
}
