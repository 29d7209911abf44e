/**
 * Which tables and columns OpenCode's database must and may have, and saying so when it has not.
 *
 * OpenCode adds columns as it grows. What the archive cannot do without must be there; the rest is
 * read where it is, as OpenCode itself of that age exports it.
 *
 * @module
 */
import { ArchiveError } from "../../../core/errors.ts";
import type { Database } from "./sqlite.ts";

/** What a database turned out to have. */
export interface Schema {
  /** The columns of `session` that are known here and there. */
  readonly session: ReadonlySet<string>;
  /** Columns of `session` that are not known here, so that what they hold is not archived. */
  readonly unknown: readonly string[];
  /** Whether there is a table `todo`. */
  readonly todo: boolean;
  /** Whether there is a table `event_sequence`. */
  readonly events: boolean;
  /** Whether there is a table `project` that tells where each was first opened. */
  readonly worktrees: boolean;
}

const NEEDED: Readonly<Record<string, readonly string[]>> = {
  session: [
    ...["id", "project_id", "parent_id", "slug", "directory", "title", "version"],
    ...["time_created", "time_updated"],
  ],
  message: ["id", "session_id", "time_created", "data"],
  part: ["id", "message_id", "session_id", "data"],
};

/** Every column of `session` that is known here. */
export const SESSION_COLUMNS: readonly string[] = [
  ...NEEDED.session,
  ...["workspace_id", "path", "agent", "model", "share_url", "metadata", "revert", "permission"],
  ...["summary_additions", "summary_deletions", "summary_files", "summary_diffs"],
  ...["cost", "tokens_input", "tokens_output", "tokens_reasoning"],
  ...["tokens_cache_read", "tokens_cache_write", "time_compacting", "time_archived"],
];

/**
 * Looks at a database's tables.
 *
 * @param database An open one.
 * @throws {ArchiveError} `NotSupported`, naming what is missing and the version seen.
 */
export function readSchema(database: Database): Schema {
  const tables = columnsByTable(database);
  const missing = Object.entries(NEEDED).flatMap(([table, columns]) => {
    const found = tables.get(table);
    if (!found) return [`table ${table}`];
    return columns.filter((column) => !found.has(column)).map((name) => `column ${table}.${name}`);
  });
  if (missing.length > 0) throw unknownSchema(database, tables, missing);
  const session = tables.get("session")!;
  return {
    session: new Set(SESSION_COLUMNS.filter((name) => session.has(name))),
    unknown: [...session].filter((name) => !SESSION_COLUMNS.includes(name)).sort(),
    todo: tables.has("todo"),
    events: tables.has("event_sequence"),
    worktrees: ["id", "worktree"].every((column) => tables.get("project")?.has(column)),
  };
}

function columnsByTable(database: Database): Map<string, Set<string>> {
  const tables = new Map<string, Set<string>>();
  const rows = database.prepare(
    "SELECT t.name AS t, c.name AS c FROM sqlite_schema t, pragma_table_info(t.name) c " +
      "WHERE t.type = 'table'",
  ).all();
  for (const { t, c } of rows) {
    const columns = tables.get(String(t)) ?? new Set();
    tables.set(String(t), columns.add(String(c)));
  }
  return tables;
}

function unknownSchema(
  database: Database,
  tables: ReadonlyMap<string, ReadonlySet<string>>,
  missing: readonly string[],
): ArchiveError {
  const seen = [
    newest(database, tables, "session", "version", "its sessions were written by OpenCode"),
    newest(database, tables, "migration", "id", "its last migration is"),
  ].filter((text) => text !== undefined);
  return new ArchiveError(
    "NotSupported",
    `${database.path} is not laid out as a database of OpenCode 1.18: it lacks ` +
      `${missing.join(", ")}${seen.length > 0 ? `; ${seen.join(", ")}` : ""}. ` +
      "Update OpenCode, or this program if OpenCode is the newer one",
  );
}

function newest(
  database: Database,
  tables: ReadonlyMap<string, ReadonlySet<string>>,
  table: string,
  column: string,
  lead: string,
): string | undefined {
  if (!tables.get(table)?.has(column)) return undefined;
  const [row] = database.prepare(
    `SELECT "${column}" AS seen FROM "${table}" ORDER BY rowid DESC LIMIT 1`,
  ).all();
  return row === undefined ? undefined : `${lead} ${row.seen}`;
}
