/**
 * What there is of OpenCode on this machine, and what of it cannot be archived.
 *
 * @module
 */
import { dirname } from "node:path";
import type { ChangingFolder, Detection } from "../../../core/agent.ts";
import { ArchiveError } from "../../../core/errors.ts";
import type { Locations } from "./locations.ts";
import { readSchema } from "./schema.ts";
import type { Database } from "./sqlite.ts";

/**
 * Looks into each database. Never fails: what is wrong with one becomes a note.
 *
 * @param locations Where they are.
 * @param open Opens one.
 */
export async function detectStores(
  locations: Locations,
  open: (path: string) => Promise<Database>,
): Promise<Detection> {
  const notes: string[] = [];
  for (const store of locations.stores) {
    try {
      notes.push(...await notesOn(store, open));
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      notes.push(error.message);
    }
  }
  const { stores, looked } = locations;
  return { stores, looked, changing: foldersOf(looked), notes };
}

/** Beside a database lies what was written last; SQLite makes such files also to read. */
function foldersOf(databases: readonly string[]): readonly ChangingFolder[] {
  const folders = new Set(databases.map((path) => dirname(path)));
  return [...folders].map((path) => ({ path, isTree: false, isStirredByReading: true }));
}

async function notesOn(
  store: string,
  open: (path: string) => Promise<Database>,
): Promise<string[]> {
  const database = await open(store);
  try {
    const two = sessionsOfTwo(database);
    const notes = two === 0 ? [] : [
      `${plural(two, "session")} of OpenCode 2 in ${store} ${two === 1 ? "is" : "are"} not ` +
      "archived yet",
    ];
    return [...notes, ...unknownColumns(database, notes)];
  } finally {
    database.close();
  }
}

/** A database of OpenCode 2 alone is counted, too, whatever else it lacks. */
function sessionsOfTwo(database: Database): number {
  const found = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'session_v2'").all();
  if (found.length === 0) return 0;
  const [row] = database.prepare("SELECT count(*) AS count FROM session_v2").all();
  return Number(row.count);
}

function unknownColumns(database: Database, said: readonly string[]): string[] {
  try {
    const { unknown } = readSchema(database);
    if (unknown.length === 0) return [];
    return [
      `${database.path} has columns that this release does not know and does not archive: ` +
      unknown.map((name) => `session.${name}`).join(", "),
    ];
  } catch (error) {
    if (said.length > 0 && error instanceof ArchiveError) return [error.message];
    throw error;
  }
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
