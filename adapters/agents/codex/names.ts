/**
 * The names that users give to sessions of Codex. They stand in one file for all of them, a line each
 * time that one is given: `{"id", "thread_name", "updated_at"}`.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fieldsOf, jsonIn } from "../../../core/fields.ts";
import { kindOf, lookAt } from "../files/folder.ts";
import type { FileName } from "../files/format.ts";
import { tokenOf } from "../files/token.ts";
import { textOf, titleOf } from "../files/values.ts";

const INDEX = "session_index.jsonl";
/** A file of names is never this long, in bytes. */
const TOO_LONG = 64 << 20;

/** The names in a file, as long as it stays as it is. */
interface Names {
  readonly token: string;
  readonly byId: Promise<ReadonlyMap<string, string>>;
}

/** By the path of the file. It is read once, and not for each of its sessions. */
const read = new Map<string, Names>();

/**
 * The name that a session's user gave it last.
 *
 * @param home Codex's folder.
 * @param session The session's file.
 * @returns Undefined when it has none.
 */
export async function nameGiven(home: string, { id }: FileName): Promise<string | undefined> {
  const path = join(home, INDEX);
  const looked = kindOf(path) === "file" ? lookAt(path) : undefined;
  if (looked === undefined || looked.size >= TOO_LONG) return undefined;
  const token = tokenOf(looked);
  let names = read.get(path);
  if (names?.token !== token) {
    names = { token, byId: namesIn(path) };
    read.set(path, names);
  }
  return (await names.byId).get(id) || undefined;
}

/** Of several lines of a session, the last one tells. */
async function namesIn(path: string): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for (const line of (await textIn(path)).split("\n")) {
    const { id, thread_name } = fieldsOf(jsonIn(line));
    if (typeof id === "string") names.set(id, titleOf(textOf(thread_name)));
  }
  return names;
}

/** What may not be read or was deleted meanwhile names nothing: sessions are archived without it. */
async function textIn(path: string): Promise<string> {
  return await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "EACCES") return "";
    throw error;
  });
}
