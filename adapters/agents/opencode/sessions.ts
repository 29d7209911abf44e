/**
 * One look at all sessions of a database: who they are, and a change token of each. No message is
 * read.
 *
 * @module
 */
import { isAbsolute } from "node:path";
import type { SessionFilter, SessionRef, Whereabouts } from "../../../core/agent.ts";
import { sha256Hex } from "../../../core/hash.ts";
import { contains } from "../../paths/contains.ts";
import { type Schema, SESSION_COLUMNS } from "./schema.ts";
import type { Database, Row } from "./sqlite.ts";

/** This agent's name, in documents and everywhere. */
export const AGENT_NAME = "opencode";

/** SQLite takes some thousands of parameters in a query; beyond this many ids all are looked at. */
const IDS_IN_QUERY = 500;

/**
 * Looks at the sessions of a database, those that changed last first.
 *
 * @param database An open one.
 * @param schema What it has.
 * @param filter Which.
 */
export function readSessions(
  database: Database,
  schema: Schema,
  filter: SessionFilter = {},
): SessionRef[] {
  const ids = filter.ids && new Set(filter.ids);
  const asked = ids && ids.size <= IDS_IN_QUERY ? [...ids] : undefined;
  const where = asked ? `WHERE s.id IN (${asked.map(() => "?").join()})` : "";
  const sql = `${identityQuery(schema)} ${where} ORDER BY s.time_updated DESC, s.id`;
  const since = filter.since === undefined ? -Infinity : Date.parse(filter.since);
  return database.prepare(sql).all(...asked ?? [])
    .filter((row) => (!ids || ids.has(String(row.id))) && Number(row.time_updated) >= since)
    .map((row) => sessionRef(row, database.path));
}

/** The query that {@linkcode sessionRef} reads one row of; `s` is the session. */
export function identityQuery(schema: Schema): string {
  // Whole numbers and texts come out the same on every runtime; `cost` is a fraction.
  const columns = SESSION_COLUMNS
    .filter((name) => schema.session.has(name) && name !== "cost")
    .map((name) => `ifnull(s.${name}, char(30))`).join(" || char(31) || ");
  const cost = schema.session.has("cost") ? "s.cost" : "NULL";
  return `SELECT s.id, s.directory, s.parent_id, ${safeNumber("s.time_updated")} AS time_updated,
    ${columns} AS columns,
    ${cost} AS cost, ${changesOf(schema)} AS changes,
    (SELECT count(*) FROM message m WHERE m.session_id = s.id) AS messages,
    (SELECT count(*) FROM part p WHERE p.session_id = s.id) AS parts,
    ${todosOf(schema)} AS todos, ${originOf(schema)} AS origin
    FROM session s`;
}

/**
 * A column in SQL, as a fraction where it holds a whole number that JavaScript cannot: some runtimes
 * would fail, and OpenCode's own reads it so.
 *
 * @param column The column.
 */
export function safeNumber(column: string): string {
  const [least, most] = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
  return `iif(typeof(${column}) = 'integer' AND ${column} NOT BETWEEN ${least} AND ${most}, ` +
    `CAST(${column} AS REAL), ${column})`;
}

/** OpenCode numbers what happens to a session; before it did, the rows' own times must do. */
function changesOf(schema: Schema): string {
  if (schema.events) return "(SELECT seq FROM event_sequence e WHERE e.aggregate_id = s.id)";
  return `max(
    coalesce((SELECT max(time_updated) FROM message m WHERE m.session_id = s.id), 0),
    coalesce((SELECT max(time_updated) FROM part p WHERE p.session_id = s.id), 0))`;
}

function todosOf(schema: Schema): string {
  if (!schema.todo) return "NULL";
  return "(SELECT count(*) || '/' || max(time_updated) FROM todo t WHERE t.session_id = s.id)";
}

function originOf(schema: Schema): string {
  return schema.worktrees ? "(SELECT worktree FROM project p WHERE p.id = s.project_id)" : "NULL";
}

/**
 * Where a session is. OpenCode makes worktrees of a repository in its own data folder, under names
 * that say nothing of it; and of what is no repository at all it says that it was opened in `/`.
 */
function whereabouts({ directory, origin }: Row): Whereabouts {
  const projectPath = String(directory);
  if (typeof origin !== "string" || !isAbsolute(origin)) return { projectPath };
  return contains(origin, projectPath) ? { projectPath } : { projectPath, origin };
}

/**
 * What a row of {@linkcode identityQuery} says of its session.
 *
 * @param row The row.
 * @param store The database's path.
 */
export function sessionRef(row: Row, store: string): SessionRef {
  const parentId = row.parent_id === null ? {} : { parentId: String(row.parent_id) };
  return {
    agent: AGENT_NAME,
    store,
    id: String(row.id),
    ...whereabouts(row),
    token: tokenOf(row),
    updatedAt: isoTime(Number(row.time_updated)),
    ...parentId,
  };
}

/**
 * The change token: every column of the session, what happened to it, and how much it holds. The
 * counts are in it since a revert deletes rows, and an import adds some without an event.
 */
function tokenOf(row: Row): string {
  const rest = sha256Hex(`${row.columns} ${row.cost} ${row.todos}`).slice(0, 16);
  return [row.time_updated, row.changes ?? "", row.messages, row.parts, rest].join(".");
}

/**
 * Milliseconds since 1970 as ISO 8601 in UTC; what is no time at all counts as 1970.
 *
 * @param milliseconds As OpenCode keeps them.
 */
export function isoTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  return (Number.isNaN(date.getTime()) ? new Date(0) : date).toISOString();
}
