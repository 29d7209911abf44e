/**
 * What a database holds of a session beyond what is archived of it, and what would be lost by deleting
 * it therefore. OpenCode keeps what belongs to a session in tables of their own, and gets new ones.
 *
 * @module
 */
import { SESSION_COLUMNS } from "./schema.ts";
import type { Database } from "./sqlite.ts";

/** The tables that are archived, with those of their columns that are, or that say nothing more. */
const ARCHIVED: ReadonlyMap<string, readonly string[]> = new Map([
  ["session", SESSION_COLUMNS],
  ["message", ["id", "session_id", "time_created", "time_updated", "data"]],
  ["part", ["id", "message_id", "session_id", "time_created", "time_updated", "data"]],
  ["todo", [
    ...["session_id", "content", "status", "priority", "position"],
    ...["time_created", "time_updated"],
  ]],
]);

/** Every table that belongs to sessions, by which of its columns, and to what of a session. */
const BELONGING = `
  SELECT 'session' AS name, 'id' AS own, 'session' AS owner
  UNION SELECT t.name, f."from", f."table"
    FROM sqlite_schema t, pragma_foreign_key_list(t.name) f
    WHERE t.type = 'table' AND f."table" IN ('session', 'message', 'part')
  UNION SELECT t.name, c.name, 'session'
    FROM sqlite_schema t, pragma_table_info(t.name) c
    WHERE t.type = 'table' AND c.name = 'session_id'`;

/**
 * Looks for it.
 *
 * @param database An open one.
 * @param id The session's id.
 * @returns What it is, as the rest of a sentence; undefined where there is nothing.
 */
export function notArchived(database: Database, id: string): string | undefined {
  for (const { name, own, owner } of database.prepare(BELONGING).all()) {
    const table = String(name);
    const columns = ARCHIVED.has(table) ? unknownColumns(database, table) : undefined;
    if (columns?.length === 0) continue;
    const whose = owner === "session"
      ? "= ?"
      : `IN (SELECT id FROM ${quoted(String(owner))} WHERE session_id = ?)`;
    const holds = columns?.map((column) => `${quoted(column)} IS NOT NULL`).join(" OR ") ?? "TRUE";
    const found = database.prepare(
      `SELECT 1 FROM ${quoted(table)} WHERE ${quoted(String(own))} ${whose} AND (${holds}) LIMIT 1`,
    ).all(id);
    if (found.length > 0) return whatIn(table, columns);
  }
  return undefined;
}

function unknownColumns(database: Database, table: string): string[] {
  return database.prepare("SELECT name FROM pragma_table_info(?)").all(table)
    .map(({ name }) => String(name))
    .filter((name) => !ARCHIVED.get(table)?.includes(name));
}

function whatIn(table: string, columns: readonly string[] | undefined): string {
  if (table === "session_share") {
    return "is shared, and its page would go with it; unshare it first if it may";
  }
  const what = columns?.map((column) => `${table}.${column}`).join(", ") ?? `table ${table}`;
  return `has something in ${what}, which is not archived`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
