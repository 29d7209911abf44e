/**
 * The file that `opencode import` is given: an archive's native JSON, with new ids if wanted, and
 * without what OpenCode would refuse.
 *
 * @module
 */
import type { RestorableArchive } from "../../../core/agent.ts";
import { fieldsOf } from "../../../core/fields.ts";
import { readNative } from "./native.ts";
import { type IdMap, withNewIds } from "./remap.ts";

/** Which parts go in: all that can be read, or only those of types that are known to be taken. */
export type Choice = "readable" | "known";

/** The types of parts that OpenCode 1.18 imports; it gives up at any other. */
const KNOWN_PARTS: ReadonlySet<unknown> = new Set([
  ...["text", "reasoning", "file", "tool", "step-start", "step-finish", "snapshot", "patch"],
  ...["agent", "retry", "compaction", "subtask"],
]);

/** What is to be imported, message by message, then the session's `info`. */
export type ImportPiece =
  | { readonly kind: "message"; readonly value: Message }
  | { readonly kind: "info"; readonly value: Readonly<Record<string, unknown>> };

/** A message as OpenCode exports and imports it. */
export interface Message {
  readonly info: Readonly<Record<string, unknown>>;
  readonly parts: readonly unknown[];
}

/** Counts what is not given to OpenCode, by what it is. */
export type LeftOut = Map<string, number>;

/**
 * What of an archive is given to OpenCode.
 *
 * @param archive The archive.
 * @param ids New ids; an empty map leaves them all.
 * @param choice Which parts go in.
 * @param leftOut Is told what does not.
 */
export async function* importPieces(
  archive: RestorableArchive,
  ids: IdMap,
  choice: Choice,
  leftOut: LeftOut = new Map(),
): AsyncGenerator<ImportPiece> {
  for await (const piece of readNative(renamed(archive.native(), ids))) {
    if (piece.kind === "message") {
      const value = importable(piece.value, choice, leftOut);
      if (value) yield { kind: "message", value };
    } else {
      const { info, todos } = piece.value;
      if (Array.isArray(todos)) count(leftOut, TODOS, todos.length);
      yield { kind: "info", value: importableInfo(info, leftOut) };
    }
  }
}

async function* renamed(lines: AsyncIterable<string>, ids: IdMap): AsyncGenerator<string> {
  for await (const line of lines) yield withNewIds(line, ids);
}

function importable(message: unknown, choice: Choice, leftOut: LeftOut): Message | undefined {
  const { info, parts } = fieldsOf(message);
  const { role } = fieldsOf(info);
  const all = Array.isArray(parts) ? parts : [];
  if (role !== "user" && role !== "assistant") {
    count(leftOut, isRaw(info) ? "message that was broken" : `message of role ${text(role)}`);
    return undefined;
  }
  const taken = all.filter((part) => {
    const { type } = fieldsOf(part);
    if (isRaw(part)) count(leftOut, "part that was broken");
    else if (choice === "known" && !KNOWN_PARTS.has(type)) {
      count(leftOut, `part of type ${text(type)}`);
    } else return true;
    return false;
  });
  return { info: fieldsOf(info), parts: taken };
}

function importableInfo(info: unknown, leftOut: LeftOut): Record<string, unknown> {
  const fields = Object.entries(fieldsOf(info));
  for (const [name, value] of fields) {
    if (isRaw(value)) count(leftOut, `field info.${name} that was broken`);
  }
  return Object.fromEntries(fields.filter(([, value]) => !isRaw(value)));
}

/** Stands for what was broken in the database, and is here as base64 only. */
function isRaw(value: unknown): boolean {
  return typeof fieldsOf(value).$raw === "string";
}

const TODOS = "todo";

function count(leftOut: LeftOut, what: string, times = 1): void {
  if (times > 0) leftOut.set(what, (leftOut.get(what) ?? 0) + times);
}

function text(value: unknown): string {
  return JSON.stringify(value) ?? "none";
}

/**
 * What was left out, for people.
 *
 * @param leftOut What {@linkcode importPieces} counted.
 */
export function notesOn(leftOut: LeftOut): string[] {
  return [...leftOut].map(([what, times]) => {
    const [noun, ...rest] = what.split(" ");
    const verb = rest.join(" ").replace("was broken", times === 1 ? "was broken" : "were broken");
    const counted = `${times} ${noun}${times === 1 ? "" : "s"}${verb ? ` ${verb}` : ""}`;
    const stay = times === 1 ? "stays" : "stay";
    return `OpenCode does not import ${what === TODOS ? "todos" : "this"}: ${counted} ${stay} in ` +
      "the archive only";
  });
}

/**
 * Writes the file, for this user's eyes only.
 *
 * @param path Where; must not exist.
 * @param pieces What goes in.
 */
export async function writeImportFile(
  path: string,
  pieces: AsyncIterable<ImportPiece>,
): Promise<void> {
  const { open } = await import("node:fs/promises");
  const file = await open(path, "wx", 0o600);
  try {
    let lead = '{"messages":[\n';
    for await (const { kind, value } of pieces) {
      if (kind === "message") {
        await file.write(lead + JSON.stringify(value));
        lead = ",\n";
      } else {
        const opening = lead.startsWith("{") ? lead : "\n";
        await file.write(`${opening}],"info":${JSON.stringify(value)}}\n`);
      }
    }
  } finally {
    await file.close();
  }
}
