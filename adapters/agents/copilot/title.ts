/**
 * What a session of Copilot is called.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fieldsOf } from "../../../core/fields.ts";
import { kindOf, lookAt } from "../files/folder.ts";
import type { FileName } from "../files/format.ts";
import { titleOf } from "../files/values.ts";
import { folderOf, WORKSPACE } from "./files.ts";

/** A file of names is never this long, in bytes. */
const TOO_LONG = 1 << 20;

/**
 * The name that a session's user or Copilot gave it, which stands beside its file.
 *
 * @param home Copilot's folder.
 * @param found The session's file.
 * @returns Undefined when it has none.
 */
export async function nameGiven(home: string, found: FileName): Promise<string | undefined> {
  const folder = folderOf(found.path);
  if (folder === undefined) return undefined;
  const path = join(home, folder, WORKSPACE);
  if (kindOf(path) !== "file" || (lookAt(path)?.size ?? TOO_LONG) >= TOO_LONG) return undefined;
  const { name, summary } = fieldsOf(await valueOf(await textIn(path)));
  return titleOf(textOf(name)) || titleOf(textOf(summary)) || undefined;
}

/** It may be deleted meanwhile. */
async function textIn(path: string): Promise<string> {
  return await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
}

/** What is no YAML names nothing; it is archived as it stands. */
async function valueOf(text: string): Promise<unknown> {
  const { parse } = await import("@std/yaml");
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A text, or what YAML takes for a date though it was meant to be one. */
function textOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString().slice(0, 10);
  return typeof value === "string" ? value : "";
}
