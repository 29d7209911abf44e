/**
 * Putting hooks into the text of an agent's settings, and taking them out. All else stays as it is, to
 * the character.
 *
 * @module
 */
import type { WantedHooks } from "./settings.ts";
import { type FoundHook, foundHooks, memberOf } from "./found_hooks.ts";
import { spliced, wasEmpty, withItem, withoutItem } from "./json_edit.ts";
import { jsonTree } from "./json_tree.ts";

/**
 * Settings with the hooks that are wanted: those that are missing are added behind what is there, and
 * those that go by another program are set right where they are.
 *
 * @param text The settings.
 * @param wanted The hooks.
 * @throws {SyntaxError} When they cannot be read, or hold something else where hooks have to be.
 */
export function withHooks(text: string, wanted: WantedHooks): string {
  return Object.entries(wanted).reduce((now, [event, entry]) => withHook(now, event, entry), text);
}

function withHook(text: string, event: string, entry: WantedHooks[string]): string {
  const there = foundHooks(text).filter((hook) => hook.event === event);
  if (there.length > 0) return setRight(text, there, entry);
  const root = jsonTree(text);
  if (!root.isObject) throw new SyntaxError("it is no object");
  const hooks = memberOf(root, "hooks");
  if (hooks === undefined) return withItem(text, root, { [event]: [entry] }, "hooks");
  if (!hooks.node.isObject) throw new SyntaxError('"hooks" in it is no object');
  const entries = memberOf(hooks.node, event);
  if (entries === undefined) return withItem(text, hooks.node, [entry], event);
  if (!Array.isArray(entries.node.value)) throw new SyntaxError(`"${event}" in it is no list`);
  return withItem(text, entries.node, entry);
}

/** From the last one on, so that what is before stands where it was found. */
function setRight(text: string, there: readonly FoundHook[], entry: WantedHooks[string]): string {
  return there.flatMap(({ commands }) => commands).reduceRight((now, { field, command, node }) => {
    const wanted = textAt(entry, field);
    if (wanted === undefined || wanted === command) return now;
    return spliced(now, node.start, node.end, JSON.stringify(wanted));
  }, text);
}

function textAt(value: unknown, field: string): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = key === field && typeof inner === "string" ? inner : textAt(inner, field);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Settings without this program's hooks.
 *
 * @param text The settings.
 * @returns Undefined when nothing is left, and nothing was there before.
 * @throws {SyntaxError} When they cannot be read.
 */
export function withoutHooks(text: string): string | undefined {
  for (let now = text;;) {
    const [first] = foundHooks(now);
    if (first === undefined) return now;
    const left = withoutHook(now, first);
    if (left === undefined) return undefined;
    now = left;
  }
}

/** With what would be left empty and was not there before. */
function withoutHook(text: string, { way }: FoundHook): string | undefined {
  for (const [depth, [node, item]] of [...way.entries()].reverse()) {
    // A group of commands is nothing without them.
    const isGroup = depth > 0 && item.key === "hooks";
    const isOnly = node.items?.length === 1 && !wasEmpty(text, node);
    if (!isGroup && !isOnly) return withoutItem(text, node, item);
  }
  return undefined;
}
