/**
 * Plays an agent until it is killed: changes sessions in a database of OpenCode and writes intents.
 * Says each state of a session when it is in the database, and how long each intent took.
 * Arguments: the database, the state's folder, a seed.
 *
 * Says `held {"session", "revision", "marks", "messages"}`, `intent MILLISECONDS`.
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

/** The revision of each session that this process has told of last. */
const told = new Map<string, number>();
const sessions = await editDatabase(store, (database) => {
  const rows = rowsOf(database);
  for (const { id, revision } of rows) {
    if (revision === 0) retitle(database, id, newestOf(database) + 1);
  }
  return rows.map(({ id }) => id);
});
say(await editDatabase(store, untold));

while (true) {
  const session = chance.oneOf(sessions);
  say(
    await editDatabase(store, (database) => {
      // SQLite may bring to light later what an agent wrote that was killed in the middle of it. Said
      // at once: nobody could say it any more if this one were killed when its own change is there.
      say(untold(database));
      const revision = newestOf(database) + 1;
      change(database, session, revision);
      retitle(database, session, revision);
      return untold(database);
    }),
  );
  const before = performance.now();
  await outbox.write({ agent: "opencode", store, id: session }, { now: chance.hits(0.3) });
  writeSync(1, `intent ${performance.now() - before}\n`);
  await delay(chance.below(REST_MS));
}

function rowsOf(database: FixtureDatabase) {
  return database.prepare("SELECT id, title FROM session ORDER BY id").all()
    .map(({ id, title }) => ({ id: String(id), revision: revisionIn(String(title)) }));
}

function newestOf(database: FixtureDatabase): number {
  return Math.max(...rowsOf(database).map(({ revision }) => revision));
}

/** The states of sessions that this process has not told of. */
function untold(database: FixtureDatabase) {
  const rows = rowsOf(database).filter(({ id, revision }) => told.get(id) !== revision);
  for (const { id, revision } of rows) told.set(id, revision);
  return rows.map(({ id }) => stateOf(database, id));
}

function change(database: FixtureDatabase, session: string, revision: number): void {
  const messages = messagesOf(database, session);
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

function messagesOf(database: FixtureDatabase, session: string): string[] {
  return database.prepare(
    "SELECT id FROM message WHERE session_id = ? ORDER BY time_created, id",
  ).all(session).map(({ id }) => String(id));
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
  const messages = messagesOf(database, session).length;
  return { session, revision: revisionIn(String(title)), marks: [...marks], messages };
}

function say(states: readonly ReturnType<typeof stateOf>[]): void {
  for (const held of states) writeSync(1, `held ${JSON.stringify(held)}\n`);
}
