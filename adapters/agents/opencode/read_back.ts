/**
 * Comparing what OpenCode holds after an import with what it was given: trust nothing but this.
 *
 * @module
 */
import { fieldsOf } from "../../../core/fields.ts";
import type { ImportPiece, Message } from "./import_file.ts";
import { readNative } from "./native.ts";

/** What the comparison found. */
export interface ReadBack {
  /** How many messages were given. */
  readonly messages: number;
  /** How many of them are not there. */
  readonly missing: number;
  /** Where what is there differs, one line each. */
  readonly differences: readonly string[];
}

/** What an import sets to where it takes place. */
const REWRITTEN: ReadonlySet<string> = new Set(["projectID", "directory", "path"]);

/** So many differences are told; beyond them only their number. */
const TOLD = 20;

/**
 * Compares.
 *
 * @param given What was imported.
 * @param native The session's native lines as they are read from the database now.
 */
export async function compareReadBack(
  given: AsyncIterable<ImportPiece>,
  native: AsyncIterable<string>,
): Promise<ReadBack> {
  const comparison = new Comparison();
  const found = readNative(native);
  try {
    for await (const piece of given) {
      if (piece.kind === "info") comparison.giveInfo(piece.value);
      else comparison.give(piece.value);
      const next = await found.next();
      if (next.done) continue;
      if (next.value.kind === "rest") comparison.findInfo(fieldsOf(next.value.value.info));
      else comparison.find(next.value.value);
    }
    for await (const piece of found) {
      if (piece.kind === "rest") comparison.findInfo(fieldsOf(piece.value.info));
      else comparison.find(piece.value);
    }
  } finally {
    await found.return(undefined);
  }
  return comparison.result();
}

/** Holds only what has no counterpart yet: in the ordinary case one message. */
class Comparison {
  readonly #given = new Map<unknown, Message>();
  readonly #found = new Map<unknown, unknown>();
  readonly #differences: string[] = [];
  #messages = 0;
  #info?: Readonly<Record<string, unknown>>;
  #foundInfo?: Readonly<Record<string, unknown>>;

  give(message: Message): void {
    this.#messages++;
    const { id } = message.info;
    const found = this.#found.get(id);
    this.#found.delete(id);
    if (found === undefined) this.#given.set(id, message);
    else this.#compare(message, found);
  }

  find(message: unknown): void {
    const { id } = fieldsOf(fieldsOf(message).info);
    const given = this.#given.get(id);
    this.#given.delete(id);
    if (given === undefined) this.#found.set(id, message);
    else this.#compare(given, message);
  }

  giveInfo(info: Readonly<Record<string, unknown>>): void {
    this.#info = info;
  }

  findInfo(info: Readonly<Record<string, unknown>>): void {
    this.#foundInfo = info;
  }

  result(): ReadBack {
    const names = new Set(Object.keys({ ...this.#info, ...this.#foundInfo }));
    for (const name of names) {
      if (REWRITTEN.has(name)) continue;
      this.#add(differencesBetween(this.#info?.[name], this.#foundInfo?.[name], `info.${name}`));
    }
    for (const id of this.#given.keys()) this.#add([`message ${id} is missing`]);
    for (const id of this.#found.keys()) this.#add([`message ${id} was not in the archive`]);
    const more = this.#differences.length - TOLD;
    return {
      messages: this.#messages,
      missing: this.#given.size,
      differences: more > 0
        ? [...this.#differences.slice(0, TOLD), `and ${more} more differences`]
        : this.#differences,
    };
  }

  #compare(given: Message, found: unknown): void {
    const { info, parts } = fieldsOf(found);
    const id = String(given.info.id);
    this.#add(differencesBetween(given.info, info, `message ${id}`));
    const there = new Map((Array.isArray(parts) ? parts : []).map((part) => [part?.id, part]));
    for (const part of given.parts) {
      const { id: partId } = fieldsOf(part);
      this.#add(differencesBetween(part, there.get(partId), `part ${partId} of message ${id}`));
      there.delete(partId);
    }
    for (const partId of there.keys()) this.#add([`part ${partId} was not in the archive`]);
  }

  #add(differences: Iterable<string>): void {
    this.#differences.push(...differences);
  }
}

/** Where two JSON values differ, by path. */
function* differencesBetween(given: unknown, found: unknown, path: string): Generator<string> {
  if (given === found) return;
  if (found === undefined) yield `${path} is missing`;
  else if (given === undefined) yield `${path} was not in the archive`;
  else if (isCompound(given) && isCompound(found)) {
    for (const name of new Set([...Object.keys(given), ...Object.keys(found)])) {
      yield* differencesBetween(given[name], found[name], `${path}.${name}`);
    }
  } else yield `${path} is ${brief(found)}, not ${brief(given)}`;
}

function isCompound(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function brief(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
