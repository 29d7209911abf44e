/**
 * Whether writing a session's new state over its archived one would lose anything. If so, the
 * archived one is kept first, as a version beside it.
 *
 * Three answers, cheapest first: the new document continues the old one (one hash, nothing read);
 * else the two are compared unit by unit; else, where the old one cannot be read, it is kept.
 *
 * @module
 */
import type { Unit } from "../agent.ts";
import { sha256Hex } from "../hash.ts";
import type { Extent } from "../ledger/ledger.ts";

/**
 * A text longer than this must survive as the beginning of what replaces it. Shorter ones change
 * in the ordinary course of things: titles, states, placeholders.
 */
const TEXT_WORTH_KEEPING = 64;

/**
 * Tells whether a document continues an earlier one: all that only grows at its end is still
 * there, byte for byte, and in the rest nothing is gone or emptied.
 *
 * @param newer The new document's digest, written with `older.length` among the watched lengths.
 * @param older What is remembered of the earlier one.
 */
export function extendsDocument(
  newer: { readonly prefixes: ReadonlyMap<number, string>; readonly extent: Extent },
  older: Extent,
): boolean {
  if (newer.prefixes.get(older.length) !== older.sha256) return false;
  const shape = new Set(newer.extent.shape);
  return older.shape.every((path) => shape.has(path));
}

/**
 * Which things stand in some units and are not empty, as sorted paths. A text that is worth
 * keeping carries its hash, so that any change of it shows.
 *
 * @param units The units that change in place.
 */
export function shapeOf(units: Iterable<Unit>): string[] {
  const paths: string[] = [];
  for (const { id, value } of units) collectPaths(id, value, paths);
  return paths.sort();
}

function collectPaths(path: string, value: unknown, into: string[]): void {
  if (isEmpty(value)) return;
  if (typeof value === "object") {
    for (const [name, inner] of Object.entries(value as object)) {
      collectPaths(`${path}.${name.includes(".") ? JSON.stringify(name) : name}`, inner, into);
    }
  } else if (isWorthKeeping(value)) into.push(`${path}#${sha256Hex(value).slice(0, 8)}`);
  else into.push(path);
}

/**
 * Tells whether `newer` lacks anything that `older` holds: a unit, a field or element inside one,
 * or a longer text that is not the beginning of what replaced it.
 *
 * Both come in the order of their documents; where that is the same, neither is held in memory.
 *
 * @param older The units of the archived document.
 * @param newer The units of the document that would replace it.
 * @param newerIds The ids of all units in `newer`.
 */
export async function losesAnything(
  older: AsyncIterable<Unit>,
  newer: AsyncIterable<Unit>,
  newerIds: ReadonlySet<string>,
): Promise<boolean> {
  const ahead = new Map<string, unknown>();
  const rest = newer[Symbol.asyncIterator]();
  try {
    for await (const { id, value } of older) {
      if (!newerIds.has(id)) {
        if (isEmpty(value)) continue;
        return true;
      }
      while (!ahead.has(id)) {
        const next = await rest.next();
        if (next.done) return true;
        ahead.set(next.value.id, next.value.value);
      }
      if (isPoorer(ahead.get(id), value)) return true;
      ahead.delete(id);
    }
    return false;
  } finally {
    await rest.return?.();
  }
}

/**
 * Tells whether a value lacks anything that an earlier one held.
 *
 * @param newer The value now.
 * @param older The value before.
 */
export function isPoorer(newer: unknown, older: unknown): boolean {
  if (isEmpty(older)) return false;
  if (isEmpty(newer)) return true;
  if (typeof older === "string") return losesText(newer, older);
  if (typeof older !== "object") return false;
  if (typeof newer !== "object" || Array.isArray(newer) !== Array.isArray(older)) return true;
  if (Array.isArray(older) && older.every(isPlain)) return losesElements(newer as unknown[], older);
  const fields = new Map(Object.entries(newer as object));
  return Object.entries(older as object).some(([name, value]) => isPoorer(fields.get(name), value));
}

/** A list of plain values may be put in another order, or have its texts continued. */
function losesElements(newer: readonly unknown[], older: readonly unknown[]): boolean {
  if (newer.length < older.length) return true;
  return older.some((value) =>
    !isEmpty(value) && !newer.some((other) =>
      other === value ||
      (typeof value === "string" && typeof other === "string" && other.startsWith(value))
    )
  );
}

function isPlain(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

function losesText(newer: unknown, older: string): boolean {
  return isWorthKeeping(older) && !(typeof newer === "string" && newer.startsWith(older));
}

function isWorthKeeping(value: unknown): value is string {
  return typeof value === "string" && value.length > TEXT_WORTH_KEEPING;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  return typeof value === "object" && Object.values(value).every(isEmpty);
}
