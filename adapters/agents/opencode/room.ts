/**
 * The room that a database takes. Deleting sessions never makes its file smaller: what they leave is
 * used again for new ones, and only SQLite's `VACUUM` gives it back to the disk.
 *
 * @module
 */
import { statSync } from "node:fs";
import { basename } from "node:path";
import type { StoreRoom } from "../../../core/agent.ts";
import type { Database } from "./sqlite.ts";

/**
 * Looks.
 *
 * @param database An open one.
 */
export function roomOf(database: Database): StoreRoom {
  const numberOf = (name: string) => {
    const [row] = database.prepare(`PRAGMA ${name}`).all();
    return Number(row[name]);
  };
  const { path } = database;
  const files = [path, `${path}-wal`].map((file) =>
    statSync(file, { throwIfNoEntry: false })?.size ?? 0
  );
  return {
    bytes: files.reduce((sum, size) => sum + size, 0),
    free: numberOf("freelist_count") * numberOf("page_size"),
    advice: adviceFor(path),
  };
}

/**
 * How a database is made smaller. While OpenCode runs, all of its writing would wait for it. What
 * `VACUUM` writes goes to the log first, and OpenCode leaves that as large as it has become.
 */
function adviceFor(path: string): string {
  const which = basename(path) === "opencode.db" ? "" : `, with OPENCODE_DB set to ${path}`;
  return `quit every OpenCode, then run${which}: opencode db "VACUUM", and opencode db ` +
    '"PRAGMA wal_checkpoint(TRUNCATE)" (until then it takes up to twice the room of what stays)';
}
