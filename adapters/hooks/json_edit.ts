/**
 * Putting an item into a JSON text, and taking one out so that the text is as it was before.
 *
 * @module
 */
import type { JsonItem, JsonNode } from "./json_tree.ts";

/** Stands before the only item of what held nothing before, so that it is known when that is taken out. */
const WAS_EMPTY = " ";
/** Comments that go on in the line that an item ends in. */
const REST_OF_LINE = /(?:[ \t]*(?:\/\/[^\r\n]*|\/\*[^]*?\*\/))*/y;

/**
 * Puts an item behind the last one, written as what is there.
 *
 * @param text The whole text.
 * @param into What it is put into.
 * @param value What it says.
 * @param key Its key, where it needs one.
 */
export function withItem(text: string, into: JsonNode, value: unknown, key?: string): string {
  const named = key === undefined ? "" : `${JSON.stringify(key)}: `;
  const last = into.items?.at(-1);
  if (last === undefined) {
    const at = into.start + 1;
    return spliced(text, at, at, WAS_EMPTY + named + JSON.stringify(value));
  }
  // As the last one stands behind what is before it.
  const before = /[ \t\r\n]*$/.exec(text.slice(0, last.start))![0];
  const line = /[\r\n]/.test(before) ? before.replace(/^[^]*?(?=\r?\n[ \t]*$)/, "") : " ";
  const item = line + named + written(value, line, unitOf(text));
  const { comma, node: { end } } = last;
  const at = endOfLine(text, comma === undefined ? end : comma + 1);
  if (comma !== undefined) return spliced(text, at, at, `${item},`);
  return spliced(spliced(text, at, at, item), end, end, ",");
}

/** A value in the lines of what it stands in; on one where that is on one. */
function written(value: unknown, line: string, unit: string): string {
  return line === " "
    ? JSON.stringify(value)
    : JSON.stringify(value, null, unit).replaceAll("\n", line);
}

/** By how much the first line is indented that is. */
function unitOf(text: string): string {
  return /^[ \t]+(?=\S)/m.exec(text)?.[0] ?? "  ";
}

/**
 * Takes an item out.
 *
 * @param text The whole text.
 * @param from What it is in.
 * @param item Which.
 */
export function withoutItem(text: string, from: JsonNode, item: JsonItem): string {
  const items = from.items ?? [];
  const index = items.indexOf(item);
  const [before, next] = [items[index - 1], items[index + 1]];
  const { comma, node } = item;
  if (before === undefined && next !== undefined && comma !== undefined) {
    // The next one comes in its place.
    const blank = /^[ \t\r\n]*/.exec(text.slice(comma + 1))![0].length;
    return spliced(text, item.start, comma + 1 + blank, "");
  }
  const blank = /[ \t\r\n]*$/.exec(text.slice(0, item.start))![0].length;
  const taken = spliced(text, item.start - blank, comma === undefined ? node.end : comma + 1, "");
  if (comma !== undefined || before?.comma === undefined) return taken;
  return spliced(taken, before.comma, before.comma + 1, "");
}

/**
 * Whether something held nothing before its only item was put in by {@linkcode withItem}.
 *
 * @param text The whole text.
 * @param node Which.
 */
export function wasEmpty(text: string, node: JsonNode): boolean {
  const [only] = node.items ?? [];
  return only !== undefined && text.slice(node.start + 1, only.start) === WAS_EMPTY;
}

/**
 * A text with another one in place of a part of it.
 *
 * @param text The whole text.
 * @param start Where the part begins.
 * @param end Where it ends.
 * @param by What comes there.
 */
export function spliced(text: string, start: number, end: number, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}

function endOfLine(text: string, at: number): number {
  REST_OF_LINE.lastIndex = at;
  const rest = REST_OF_LINE.exec(text)?.[0] ?? "";
  const end = at + rest.length;
  // What is in the middle of a line belongs to what comes next.
  return /^[ \t]*(?:[\r\n]|$)/.test(text.slice(end)) ? end : at;
}
