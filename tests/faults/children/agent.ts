/**
 * Plays an agent until it is killed: changes sessions in a database of OpenCode and writes intents.
 * Says each state of a session when it is in the database, and how long each intent took.
 * Arguments: the database, the state's folder, a seed.
 *
 * Says `held {"session", "revision", "marks"}`, `intent MILLISECONDS`.
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { outboxFolder } from "../../../adapters/state/layout.ts";
import { Outbox } from "../../../adapters/state/outbox.ts";
import { addMessage, addPart, editDatabase, touchSession } from "../../fixtures/opencode_edits.ts";
import type { FixtureDatabase } from "../../fixtures/writable_database.ts";
import { markedText, marksIn, titleOf } from "../invariants.ts";
import { Chance } from "../seed.ts";

/** A session that has grown beyond this is mostly reverted, so that the run stays small. */
const MANY = 12;
/** How long the agent rests between two changes at most, in milliseconds. */
const REST_MS = 40;

const [store = "", state = "", seed = "0"] = process.argv.slice(2);
const chance = new Chance(Number(seed));
const outbox = new Outbox(outboxFolder(state));

/** What is left of the agent's life when it was killed between a change and telling of it. */
const { sessions, newest } = await editDatabase(store, (database) => {
  const rows = database.prepare("SELECT id, title FROM session ORDER BY id").all();
  const ids = rows.map(({ id }) => String(id));
  let last = Math.max(...rows.map(({ title }) => revisionIn(String(title))));
  for (const { id, title } of rows) {
    if (revisionIn(String(title)) === 0) retitle(database, String(id), ++last);
  }
  return { sessions: ids, newest: last };
});
for (const session of sessions) {
  say(await editDatabase(store, (database) => stateOf(database, session)));
}

for (let revision = newest + 1;; revision++) {
  const session = chance.oneOf(sessions);
  say(
    await editDatabase(store, (database) => {
      change(database, session, revision);
      retitle(database, session, revision);
      return stateOf(database, session);
    }),
  );
  const before = performance.now();
  await outbox.write({ agent: "opencode", store, id: session }, { now: chance.hits(0.3) });
  writeSync(1, `intent ${performance.now() - before}\n`);
  await delay(chance.below(REST_MS));
}

function change(database: FixtureDatabase, session: string, revision: number): void {
  const messages = database.prepare(
    "SELECT id FROM message WHERE session_id = ? ORDER BY time_created, id",
  ).all(session).map(({ id }) => String(id));
  const how = chance.hits(messages.length > MANY ? 0.7 : 0.05)
    ? "revert"
    : chance.hits(0.08)
    ? "prune"
    : "say";
  if (how === "revert") return revert(database, messages.slice(chance.below(MANY / 2)));
  if (how === "prune") return prune(database, chance.oneOf(["", ...messages]));
  const now = touchSession(database, session);
  const suffix = `${String(revision).padStart(8, "0")}Appended`;
  const message = `msg_ffffffff${suffix}`;
  addMessage(database, session, message, now, { role: "user", time: { created: now } });
  addPart(database, session, message, `prt_ffffffff${suffix}`, {
    type: "text",
    text: markedText(`agent-${revision}`),
  });
}

function revert(database: FixtureDatabase, messages: readonly string[]): void {
  for (const id of messages) {
    database.prepare("DELETE FROM part WHERE message_id = ?").run(id);
    database.prepare("DELETE FROM message WHERE id = ?").run(id);
  }
}

function prune(database: FixtureDatabase, message: string): void {
  const data = JSON.stringify({ type: "text", text: "[pruned]" });
  database.prepare("UPDATE part SET data = ? WHERE message_id = ?").run(data, message);
}

function retitle(database: FixtureDatabase, session: string, revision: number): void {
  touchSession(database, session);
  database.prepare("UPDATE session SET title = ? WHERE id = ?")
    .run(titleOf("agent", revision), session);
}

function revisionIn(title: string): number {
  return Number(/#(\d+)\./.exec(title)?.[1] ?? 0);
}

function stateOf(database: FixtureDatabase, session: string) {
  const [{ title }] = database.prepare("SELECT title FROM session WHERE id = ?").all(session);
  const parts = database.prepare("SELECT data FROM part WHERE session_id = ?").all(session);
  const marks = marksIn(parts.map(({ data }) => String(data)).join("\n"));
  return { session, revision: revisionIn(String(title)), marks: [...marks] };
}

function say(held: ReturnType<typeof stateOf>): void {
  writeSync(1, `held ${JSON.stringify(held)}\n`);
}
